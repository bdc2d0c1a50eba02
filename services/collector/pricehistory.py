"""What a product's price did: one point per change, each numbered after the one before. Pure.

The number makes a point's id, so that whoever sees the same change, twice or elsewhere, writes the same point.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.collector.results import Observation
from shared.mongo import Decimal128, Document
from shared.mongodecimals import to_decimal

# What a point is about: when one of them changes, there is a new point.
WATCHED = ("price", "currency", "availability")
# What a user's product says of its last change of price; absent when there was none.
CHANGE_FIELDS = ("previous_price", "price_changed_at")
# Clocks of machines differ by less; a stored time that is further ahead comes from a wrong one.
CLOCK_SKEW = timedelta(minutes=5)


def overtaken(seen_at: datetime, stored_at: datetime) -> bool:
    """Whether what was seen at `seen_at` is no newer than what is stored, so that it has nothing to add."""
    return timedelta(0) <= stored_at - seen_at < CLOCK_SKEW


def next_point(key: str, seen: Observation, last: Document | None) -> Document | None:
    """The point that follows `last` (None: there is none yet), or None when nothing changed."""
    values = {name: seen.page.get(name) for name in WATCHED}
    if last is not None and all(same(values[name], last[name]) for name in WATCHED):
        return None
    marketplace, asin = key.split(":", 1)
    number = 1 if last is None else last["n"] + 1
    return {
        "_id": f"{key}:{number}",
        "n": number,
        "marketplace": marketplace,
        "asin": asin,
        "at": seen.observed_at,
        **values,
        **_change(values["price"], values["currency"], seen.observed_at, last),
    }


def _change(price: Any, currency: str | None, at: datetime, last: Document | None) -> Document:
    """The price known last, the one before it, and when it became the other; a time without a price is no change."""
    before = last["known_price"] if last is not None else None
    if last is not None and before is not None:
        known = {name: last[name] for name in ("known_price", "known_currency", *CHANGE_FIELDS)}
        if price is None or (same(price, before) and currency == last["known_currency"]):
            return known
        if currency == last["known_currency"]:
            return {**known, "known_price": price, "previous_price": before, "price_changed_at": at}
    return {
        "known_price": price,
        "known_currency": None if price is None else currency,
        "previous_price": None,
        "price_changed_at": None,
    }


def same(one: Any, other: Any) -> bool:
    """Equality by value: 10 and 10.00 are stored differently, and are one price."""
    if isinstance(one, Decimal128) and isinstance(other, Decimal128):
        return to_decimal(one) == to_decimal(other)
    return bool(one == other)


def price_change(seen: Observation) -> Document:
    """The previous price and when it changed, for a user's product; empty when there is no price or no change."""
    point, price = seen.point, seen.page.get("price")
    if point is None or price is None or point["previous_price"] is None or not same(price, point["known_price"]):
        return {}
    before, now = to_decimal(point["previous_price"]), to_decimal(price)
    # To sort by; what a reader is shown is worked out from the two prices, exactly.
    percent = {"price_change_percent": float((now - before) * 100 / before)} if before else {}
    return {**{name: point[name] for name in CHANGE_FIELDS}, **percent}
