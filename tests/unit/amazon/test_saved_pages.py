"""Saved real pages beside the checkout, whose contents were read by hand: how much of them the parser reads right."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.amazon.pages import Page, parse

FOLDER = Path(__file__).parents[4] / "shared" / "pages"
TRUTH = FOLDER / "TRUTH.jsonl"
LEAST_SHARE = 0.98

pytestmark = pytest.mark.skipif(not TRUTH.exists(), reason="no folder of saved pages beside the checkout")


@pytest.fixture(scope="module")
def pages() -> list[tuple[dict[str, Any], Page]]:
    rows = [json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
    return [(row, parse((FOLDER / row["file"]).read_bytes(), url=row["url"])) for row in rows]


def number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def checks(page: Page, truth: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    if page.product is not None:
        found = page.product
        yield "asin", truth["asin"], found.asin
        yield "title", " ".join(truth["title"].split()).casefold(), (found.title or "").casefold()
        yield "price", number(truth["price"]), found.price
        yield "list_price", number(truth["list_price"]), found.list_price
        yield (
            "maker",
            (truth["brand"] or truth["author"] or "").casefold(),
            (found.brand or found.author or "").casefold(),
        )
        yield "rating", number(truth["rating"]), found.rating
        yield "review_count", truth["review_count"], found.review_count or 0
        yield "features", truth["feature_bullets_count"], len(found.features)
        yield "categories", truth["breadcrumb"] or [], list(found.categories)
    elif page.listing is not None:
        yield "asins", truth["asins"], list(page.listing.asins)
        yield "next", bool(truth.get("next_page_url")), bool(page.listing.next_url)


def test_nearly_every_field_is_right(pages: list[tuple[dict[str, Any], Page]]) -> None:
    compared = [(row["file"], *check) for row, page in pages for check in checks(page, row["truth"])]
    misses = [check for check in compared if check[2] != check[3]]
    assert len(compared) > 200
    assert len(misses) <= (1 - LEAST_SHARE) * len(compared), misses


def test_every_page_is_what_it_is(pages: list[tuple[dict[str, Any], Page]]) -> None:
    kinds = {"blocked": {"blocked", "unavailable"}}
    wrong = [row["file"] for row, page in pages if page.kind not in kinds.get(row["kind"], {row["kind"]})]
    assert wrong == []


def test_no_price_is_wrong(pages: list[tuple[dict[str, Any], Page]]) -> None:
    priced = [(row, page.product) for row, page in pages if page.product is not None and page.product.price is not None]
    wrong = [row["file"] for row, found in priced if found.price != number(row["truth"]["price"])]
    assert priced
    assert wrong == []
