"""The pages that are collected, and what tells whether two have read the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bson import Decimal128

from bench.collecting.agreement import share_alike
from bench.collecting.pages import PAGES, page_asin, page_for, real_size_page
from bench.programs import BenchError
from shared.amazon.pages import parse

PRODUCT = {"title": "A pan", "price": Decimal128("10"), "features": ["flat"], "brand": ""}


def test_page_has_its_size_and_shows_its_product() -> None:
    body, asin = real_size_page(3), page_asin(3)
    page = parse(body, url=f"https://www.amazon.co.jp/dp/{asin}")
    assert page.advice == "ok"
    assert page.product is not None
    assert page.product.asin == asin
    assert 1_490_000 < len(body) <= 1_500_000


def test_pages_are_asked_for_about_equally_often() -> None:
    numbers = [page_for(f"/dp/B{number:09d}") for number in range(1_000)]
    assert set(numbers) == set(range(PAGES))


def test_equal_values_in_other_forms_are_alike() -> None:
    theirs = {**PRODUCT, "price": Decimal128(Decimal("10.00")), "brand": None}
    assert share_alike({"A pan": dict(PRODUCT)}, {"A pan": theirs}) == 1.0


def test_contest_of_products_read_differently_is_refused() -> None:
    with pytest.raises(BenchError, match="price"):
        share_alike({"A pan": dict(PRODUCT)}, {"A pan": {**PRODUCT, "price": Decimal128("11")}})


def test_contest_without_a_common_product_is_refused() -> None:
    with pytest.raises(BenchError):
        share_alike({"A pan": dict(PRODUCT)}, {"A pot": dict(PRODUCT)})
