"""Whether the item can be bought, from whom, and in which condition."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, text_of
from shared.amazon.pages.model import Availability
from shared.amazon.pages.product.price import surroundings
from shared.amazon.pages.product.sellers import is_seller_label, seller_in
from shared.amazon.pages.product.states import state_of
from shared.amazon.pages.rules import Field

_OTHER_OFFER = re.compile(r"used|olp|aod|renewed|tradein", re.IGNORECASE)
_LONGEST = 300

_EXPLAINED = frozenset({Availability.BACKORDER, Availability.PREORDER, Availability.UNAVAILABLE})


def _line(document: Document, node: LexborNode) -> str | None:
    """What the box says: all of it where that explains why the item cannot be had now, else its first line."""
    if _OTHER_OFFER.search(surroundings(node)):
        return None
    whole = text_of(node)[:_LONGEST]
    if not whole or state_of(whole) in _EXPLAINED:
        return whole or None
    return next((text for part in node.css("span, p, b") if (text := text_of(part))), whole)[:_LONGEST]


def _known_line(document: Document, node: LexborNode) -> str | None:
    """The same of a box that says other things as well."""
    line = _line(document, node)
    return line if line is not None and state_of(line) is not Availability.UNKNOWN else None


AVAILABILITY_TEXT = Field(
    "availability_text",
    (
        ("availability", "#availability", _line),
        ("out-of-stock", "#outOfStock .a-color-price", _line),
        ("out-of-stock-box", "#outOfStock", _known_line),
        ("in-buybox", "#availabilityInsideBuyBox_feature_div", _known_line),
        ("feature", "#availability_feature_div", _known_line),
        ("2013", "#handleBuy .availGreen", _line),
        ("2013-unavailable", "#handleBuy .availRed", _line),
        ("merchant-row", "#mbc-availability", _line),
    ),
)


def _name(document: Document, node: LexborNode) -> str | None:
    return None if _OTHER_OFFER.search(surroundings(node)) else text_of(node) or None


def _sentence(document: Document, node: LexborNode) -> str | None:
    return None if _OTHER_OFFER.search(surroundings(node)) else seller_in(text_of(node))


def _sold_by_row(document: Document, node: LexborNode) -> str | None:
    """The cell of the buy box table that says who sells."""
    return text_of(node) or None if is_seller_label(attribute(node, "tabular-attribute-name")) else None


SELLER = Field(
    "seller",
    (
        ("profile-link", "#sellerProfileTriggerId", _name),
        ("merchant-feature", "#merchantInfoFeature_feature_div .offer-display-feature-text-message", _name),
        ("buybox-table", "#tabular-buybox .tabular-buybox-text", _sold_by_row),
        ("merchant-info", "#merchant-info", _sentence),
        ("merchant-mobile", "#merchantInfo_feature_div", _sentence),
        ("app-seller", "#mas-seller", _name),
    ),
)
