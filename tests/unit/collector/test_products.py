"""The documents that a page becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import bson
import pytest

from services.collector.pricehistory import next_point
from services.collector.products import (
    JUDGED,
    cut_to_milliseconds,
    outcome_document,
    page_document,
    product_update,
)
from services.collector.results import ItemError, Observation, Result
from shared.amazon.pages import Availability, Product, Rank
from shared.mongo import Decimal128, Document
from tests.builders import HOME, NOW, asin, state, task

PRODUCT = Product(
    asin=asin(1),
    title="商品",
    price=Decimal("1980"),
    currency="JPY",
    rating=Decimal("4.3"),
    images=("https://example.com/1.jpg",),
    weight_g=Decimal("453.59237"),
    availability=Availability.LOW_STOCK,
    variation={"色": "赤"},
    bestseller_ranks=(Rank(3, "カメラ"),),
)
SEEN = Observation(page_document(PRODUCT), NOW)
DEARER = Observation(page_document(replace(PRODUCT, price=Decimal("2480"))), NOW)
KEY = f"{HOME}:{asin(1)}"


def test_page_is_stored_exactly() -> None:
    page = page_document(PRODUCT)
    assert (page["price"], page["weight_g"]) == (Decimal128("1980"), Decimal128("453.59237"))
    assert (page["availability"], page["images"]) == ("low_stock", ["https://example.com/1.jpg"])
    assert page["bestseller_ranks"] == [{"rank": 3, "category": "カメラ"}]
    assert page["list_price"] is None


@pytest.mark.parametrize("product", [PRODUCT, Product(), replace(PRODUCT, variation={"a.b": "1", "$c": "2"})])
def test_page_survives_the_database_unchanged(product: Product) -> None:
    page = page_document(product)
    assert bson.decode(bson.encode({"page": page}))["page"] == page


def test_product_is_its_users_view_of_the_page() -> None:
    bobs = task(1, job=state(user_id="bob"), job_id="j-7")
    assert bobs.product_id == f"bob:{HOME}:{asin(1)}"
    fields = product_update(bobs, SEEN, None)["$set"]
    assert (fields["title"], fields["user_id"], fields["job_id"]) == ("商品", "bob", "j-7")
    assert (fields["collected_at"], fields["analysis"]) == (NOW, None)


def test_earlier_analysis_stays_while_the_page_says_the_same() -> None:
    stored = {name: SEEN.page[name] for name in JUDGED}
    assert "analysis" not in product_update(task(1), SEEN, None, stored)["$set"]
    assert "analysis" not in product_update(task(1), SEEN, None, {**stored, "price": Decimal128("1980.00")})["$set"]
    for other in ({"price": Decimal128("2480")}, {"currency": "USD"}, {"weight_g": None}, {"categories": ["x"]}):
        assert product_update(task(1), SEEN, None, {**stored, **other})["$set"]["analysis"] is None
    assert product_update(task(1), SEEN, None, {})["$set"]["analysis"] is None


def test_favourite_and_notes_are_never_overwritten() -> None:
    update = product_update(task(1), SEEN, None)
    assert update["$setOnInsert"] == {"created_at": NOW, "favorite": False, "notes": ""}
    assert not update["$set"].keys() & update["$setOnInsert"].keys()


def test_product_keeps_the_asin_it_was_asked_for() -> None:
    """A page may show another variation of the product."""
    shown = Observation(page_document(replace(PRODUCT, asin=asin(2))), NOW)
    update = product_update(task(1), shown, None)
    assert (task(1).product_id, update["$set"]["asin"]) == (f"ann:{HOME}:{asin(1)}", asin(1))


def test_product_tells_its_last_change_of_price() -> None:
    point = next_point(KEY, replace(SEEN, observed_at=NOW + timedelta(hours=1)), next_point(KEY, DEARER, None))
    update = product_update(task(1), replace(SEEN, point=point), None)
    assert update["$set"]["previous_price"] == Decimal128("2480")
    assert update["$set"]["price_changed_at"] == NOW + timedelta(hours=1)
    assert "$unset" not in update


@pytest.mark.parametrize("point", [None, next_point(KEY, SEEN, None)])
def test_product_without_change_of_price_forgets_an_earlier_one(point: Document | None) -> None:
    update = product_update(task(1), replace(SEEN, point=point), None)
    assert update["$unset"].keys() == {"previous_price", "price_changed_at", "price_change_percent"}
    assert not update["$set"].keys() & update["$unset"].keys()


def test_outcome_of_a_success_names_no_error() -> None:
    document = outcome_document(Result(task(3), "reused", SEEN), 2, NOW)
    assert document == {
        "_id": "a-job:1:3",
        "job_id": "a-job",
        "run": 1,
        "seq": 3,
        "marketplace": HOME,
        "asin": asin(3),
        "status": "succeeded",
        "attempts": 2,
        "error": None,
        "origin": "reused",
        "seen": {"price": Decimal128("1980"), "currency": "JPY", "availability": "low_stock"},
        "processed_at": NOW,
    }


def test_outcome_names_what_the_gate_of_its_job_asks_for_in_vain() -> None:
    gate = {"min_success_rate": None, "min_coverage": {"price": 90, "brand": 50, "features": 10}}
    gated = task(3, job=state(settings={"quality_gate": gate}))
    assert outcome_document(Result(gated, observation=SEEN), 1, NOW)["lacking"] == ["brand", "features"]
    failed = Result(gated, error=ItemError("not_found", "no such page", retryable=False))
    assert "lacking" not in outcome_document(failed, 1, NOW)


def test_outcome_of_a_failure_says_why() -> None:
    document = outcome_document(Result(task(3), error=ItemError("not_found", "no such page", retryable=False)), 1, NOW)
    assert (document["status"], document["error"]) == (
        "failed",
        {"code": "not_found", "message": "no such page", "retryable": False},
    )


def test_time_is_cut_as_the_database_keeps_it() -> None:
    moment = datetime(2026, 11, 23, 15, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=9)))
    cut = cut_to_milliseconds(moment)
    assert (cut, cut.tzinfo) == (datetime(2026, 11, 23, 6, 0, 0, 123_000, tzinfo=UTC), UTC)
