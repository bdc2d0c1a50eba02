"""What every step keeps to, and the numbers that old price points get."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import services
from migrations.indexes import INDEXES, all_indexes
from migrations.steps import STEPS
from migrations.steps.s0001_number_price_points import numbered
from services.collector.pricehistory import next_point
from services.collector.results import Observation
from shared.mongo import Decimal128
from tests.builders import HOME, NOW, asin

KEY = f"{HOME}:{asin(0)}"
prices = st.sampled_from([None, "100", "100.00", "90", "80"])
currencies = st.sampled_from(["JPY", "USD"])


def old_point(minutes: int, price: str | None, currency: str = "JPY") -> dict[str, Any]:
    return {
        "_id": f"{KEY}:{minutes}",
        "marketplace": HOME,
        "asin": asin(0),
        "at": NOW + timedelta(minutes=minutes),
        "price": None if price is None else Decimal128(Decimal(price)),
        "currency": None if price is None else currency,
        "availability": "in_stock" if price else "unavailable",
    }


def test_steps_run_in_the_order_of_their_ids_and_each_has_its_own() -> None:
    ids = [step.id for step in STEPS]
    assert ids == sorted(set(ids))


def test_indexes_of_every_service_are_made() -> None:
    found = [module.name for module in pkgutil.iter_modules(services.__path__) if module.ispkg]
    declaring = [name for name in found if hasattr(importlib.import_module(f"services.{name}.repository"), "INDEXES")]
    assert sorted(INDEXES) == sorted(declaring) == sorted(found)


def test_indexes_that_services_share_are_the_same_in_all() -> None:
    for indexes in INDEXES.values():
        for collection, models in indexes.items():
            merged = {model.document["name"]: model.document for model in all_indexes()[collection]}
            assert [merged[model.document["name"]] for model in models] == [model.document for model in models]


def test_last_old_point_is_number_0() -> None:
    points = numbered([old_point(0, "100"), old_point(1, "90"), old_point(2, "80")])
    assert [(point["n"], point["_id"]) for point in points] == [(n, f"{KEY}:{n}") for n in (-2, -1, 0)]


@given(st.lists(st.tuples(prices, currencies), min_size=1, max_size=12))
def test_old_points_become_what_the_collector_would_have_written(seen: list[tuple[str | None, str]]) -> None:
    old = [old_point(minutes, price, currency) for minutes, (price, currency) in enumerate(seen)]
    expected: list[dict[str, Any]] = []
    for point in old:
        new = next_point(KEY, Observation(point, point["at"]), expected[-1] if expected else None)
        expected += [new] if new else []
    for shown in (points := numbered(old)) + expected:
        del shown["_id"], shown["n"]
    assert points == expected


@given(st.lists(prices, min_size=2, max_size=8), st.data())
def test_what_is_left_of_an_interrupted_removal_gets_no_new_number(seen: list[str | None], data: st.DataObject) -> None:
    old = [old_point(minutes, price) for minutes, price in enumerate(seen)]
    left = data.draw(st.lists(st.sampled_from(old), min_size=1, unique_by=lambda point: point["_id"]))
    left.sort(key=lambda point: point["at"])
    assert {point["_id"] for point in numbered(left)} <= {point["_id"] for point in numbered(old)}
