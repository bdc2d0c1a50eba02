"""How the product is rated, and by how many."""

from __future__ import annotations

from decimal import Decimal

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, text_of
from shared.amazon.pages.numbers import count, rating
from shared.amazon.pages.rules import Field


def _count(document: Document, node: LexborNode) -> int | None:
    return count(node.text())


def _count_label(document: Document, node: LexborNode) -> int | None:
    return count(attribute(node, "aria-label"))


def _rating(document: Document, node: LexborNode) -> Decimal | None:
    return rating(text_of(node))


def _rating_title(document: Document, node: LexborNode) -> Decimal | None:
    return rating(attribute(node, "title"))


REVIEW_COUNT = Field(
    "review_count",
    (
        ("summary", "#acrCustomerReviewText", _count),
        ("summary-label", "#acrCustomerReviewText", _count_label),
        ("mobile-label", "#acrCustomerReviewLink [aria-label]", _count_label),
        ("mobile", "#acrCustomerReviewLink .cm-cr-review-stars-text-sm", _count),
        ("mobile-2019", "#acrCustomerReviewLink .a-color-link", _count),
        ("total", '#cm_cr_dp_d_rating_histogram [data-hook="total-review-count"]', _count),
        ("total-2018", '#reviewsMedley [data-hook="total-review-count"]', _count),
        ("histogram", '#cm-cr-dp-aw-review-summary [data-hook="total-review-count"]', _count),
        ("2014", "#summaryStars a", _count),
        ("2013", "#revSum .crAvgStars a:last-child", _count),
    ),
)
RATING = Field(
    "rating",
    (
        ("popover", "#acrPopover", _rating_title),
        ("popover-icon", "#acrPopover .a-icon-alt", _rating),
        ("mobile", "#acrCustomerReviewLink .a-icon-alt", _rating),
        ("summary-icon", "#averageCustomerReviews .a-icon-alt", _rating),
        ("text", '#reviewsMedley [data-hook="rating-out-of-text"]', _rating),
        ("text-2022", '#cm_cr_dp_d_rating_histogram [data-hook="rating-out-of-text"]', _rating),
        ("2014", "#summaryStars [title]", _rating_title),
        ("2013", "#revSum .swSprite", _rating_title),
    ),
)
