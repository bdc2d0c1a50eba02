"""Addresses and searches become the products that they list, over several pages of the listing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import JAPAN
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

BESTSELLERS = {"job_type": "URL", "url": "https://www.amazon.co.jp/gp/bestsellers/toys", "max_results": 60}
SEARCH = {"job_type": "KEYWORD", "keyword": "ミニ四駆", "marketplace": JAPAN, "max_results": 60}


@pytest.mark.parametrize("request_", [BESTSELLERS, SEARCH], ids=["address", "keyword"])
def test_listing_becomes_products(system: System, request_: dict[str, Any]) -> None:
    user = system.user()
    system.storefront.forget_requests()
    job = user.submit(**request_)
    assert user.wait_for_end(job["id"])["status"] == "COMPLETED"

    assert_counted_exactly(system, job["id"], total=60)
    products = user.products()
    listings = [request for request in system.storefront.requests() if "/dp/" not in request.path]
    assert (len({product["asin"] for product in products}), len(listings) > 1) == (60, True)
    assert all(product["title"] for product in products)
