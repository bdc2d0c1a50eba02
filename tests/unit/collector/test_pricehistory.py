"""A history has one point per change, and knows the price before the present one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.collector.pricehistory import next_point, overtaken, price_change
from services.collector.results import Observation
from shared.mongo import Decimal128, Document
from tests.builders import HOME, NOW, asin

KEY = f"{HOME}:{asin(1)}"


def seen(price: str | None = "100", hours: int = 0, **changes: Any) -> Observation:
    money = None if price is None else Decimal128(Decimal(price))
    page = {"price": money, "currency": "JPY" if price else None, "availability": "in_stock", **changes}
    return Observation(page, NOW + timedelta(hours=hours))


def history(*observations: Observation) -> list[Document]:
    """The points of what was seen, in order."""
    points: list[Document] = []
    for observation in observations:
        if point := next_point(KEY, observation, points[-1] if points else None):
            points.append(point)
    return points


def test_first_observation_is_a_point() -> None:
    [point] = history(seen())
    assert (point["_id"], point["n"], point["at"]) == (f"{KEY}:1", 1, NOW)
    assert (point["marketplace"], point["asin"]) == (HOME, asin(1))
    assert (point["price"], point["currency"], point["availability"]) == (Decimal128("100"), "JPY", "in_stock")


@pytest.mark.parametrize(
    ("then", "is_point"),
    [
        (seen(), False),
        (seen(title="other", rating=Decimal128("1")), False),
        (seen("100.00"), False),
        (seen("99"), True),
        (seen(None), True),
        (seen(currency="USD"), True),
        (seen(availability="unavailable"), True),
    ],
)
def test_point_marks_a_change(then: Observation, is_point: bool) -> None:
    assert len(history(seen(), then)) == 1 + is_point


def test_points_are_numbered_one_after_the_other() -> None:
    points = history(seen("1"), seen("2"), seen("2"), seen("1"), seen(None), seen("1"))
    assert [point["_id"] for point in points] == [f"{KEY}:{n}" for n in range(1, 6)]


def test_two_who_see_the_same_change_write_one_point() -> None:
    """The later one's point meets the other's id, whenever each of them looked."""
    [first] = history(seen())
    one, other = next_point(KEY, seen("90", hours=1), first), next_point(KEY, seen("90", hours=2), first)
    assert one is not None
    assert other is not None
    assert one["_id"] == other["_id"]
    assert next_point(KEY, seen("90", hours=2), one) is None


@pytest.mark.parametrize(
    ("prices", "previous", "hour"),
    [
        (["100"], None, None),
        (["100", "90"], "100", 1),
        (["100", "90", "80"], "90", 2),
        (["100", "90", "100"], "90", 2),
        (["100", None, "100"], None, None),
        (["100", "90", None, "90"], "100", 1),
        (["100", None, "90"], "100", 2),
        ([None, "100"], None, None),
        ([None, "100", "90"], "100", 2),
    ],
)
def test_change_of_price_outlasts_times_without_one(
    prices: list[str | None], previous: str | None, hour: int | None
) -> None:
    point = history(*(seen(price, hours) for hours, price in enumerate(prices)))[-1]
    assert point["previous_price"] == (previous and Decimal128(previous))
    assert point["price_changed_at"] == (None if hour is None else NOW + timedelta(hours=hour))


def test_prices_of_two_currencies_are_not_compared() -> None:
    point = history(seen("100"), seen("1", 1, currency="USD"))[-1]
    assert (point["previous_price"], point["price_changed_at"]) == (None, None)


def test_change_of_availability_alone_keeps_the_change_of_price() -> None:
    point = history(seen("100"), seen("90", 1), seen("90", 2, availability="low_stock"))[-1]
    assert (point["previous_price"], point["price_changed_at"]) == (Decimal128("100"), NOW + timedelta(hours=1))


def at_point(observation: Observation, point: Document) -> Observation:
    return Observation(observation.page, observation.observed_at, point)


def test_product_without_price_tells_no_change() -> None:
    points = history(seen("100"), seen("90", 1), seen(None, 2))
    change = price_change(at_point(seen("90"), points[1]))
    assert change.keys() == {"previous_price", "price_changed_at", "price_change_percent"}
    assert change["price_change_percent"] == -10.0
    assert price_change(at_point(seen(None), points[2])) == {}


def test_page_older_than_its_point_tells_no_change() -> None:
    """Else its price and the one before would be the same."""
    assert price_change(at_point(seen("100"), history(seen("100"), seen("90", 1))[1])) == {}


@pytest.mark.parametrize(
    ("stored_seconds_later", "expected"), [(-1, False), (0, True), (1, True), (299, True), (3600, False)]
)
def test_what_is_stored_later_overtakes_unless_its_clock_is_wrong(stored_seconds_later: int, expected: bool) -> None:
    assert overtaken(NOW, NOW + timedelta(seconds=stored_seconds_later)) is expected
