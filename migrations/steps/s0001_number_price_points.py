"""Points of price histories get numbers.

At first a point's id ended in the time of its observation, and two collectors that saw the same change could write it
twice. Points have been numbered from 1 since. The old ones of a product become …, -1, 0 in the order of their times, so
that they come before whatever a running collector has numbered or will number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from migrations.step import Phase, Step
from shared.mongo import ASCENDING, Collection, Database, Document, database_errors, insert_new

OLD = {"n": {"$exists": False}}
BATCH = 500
WATCHED = ("price", "currency", "availability")


async def _apply(database: Database) -> int:
    """One product after the other: the numbered points are stored before the old ones go."""
    history, changed, after = database["price_history"], 0, ""
    with database_errors():
        while batch := await history.find({"_id": {"$gt": after}, **OLD}).sort("_id", ASCENDING).to_list(BATCH):
            for marketplace, asin in dict.fromkeys((point["marketplace"], point["asin"]) for point in batch):
                changed += await _number(database, {"marketplace": marketplace, "asin": asin})
            after = batch[-1]["_id"]
    return changed


async def _number(database: Database, product: Document) -> int:
    history = database["price_history"]
    old = await history.find({**product, **OLD}).sort("at", ASCENDING).to_list(None)
    if not old:
        return 0
    points = numbered(old)
    await insert_new(history, points)
    await _stand_at(database["observations"], points[-1])
    # Whatever became of the ids above: they are all there, so that an interrupted removal is simply resumed.
    await history.delete_many({"_id": {"$in": [point["_id"] for point in old]}})
    return len(old)


async def _stand_at(observations: Collection, point: Document) -> None:
    """A product that no collector has seen since stands at its last old point."""
    key = f"{point['marketplace']}:{point['asin']}"
    await observations.update_one({"_id": key, "point": {"$exists": False}}, {"$set": {"point": point}})


def numbered(old: Iterable[Document]) -> list[Document]:
    """The points in the shape of today, without those that repeat the one before, the last one numbered 0."""
    points: list[Document] = []
    for point in old:
        last = points[-1] if points else None
        if last is None or any(not _same(point.get(name), last[name]) for name in WATCHED):
            points.append({**point, **{name: point.get(name) for name in WATCHED}, **_change(point, last)})
    for number, point in enumerate(points, start=1 - len(points)):
        point.update(_id=f"{point['marketplace']}:{point['asin']}:{number}", n=number)
    return points


def _change(point: Document, last: Document | None) -> Document:
    """The price known last, the one before it in the same currency, and when it became the other."""
    price, currency = point.get("price"), point.get("currency")
    if last is not None and last["known_price"] is not None:
        names = ("known_price", "known_currency", "previous_price", "price_changed_at")
        known = {name: last[name] for name in names}
        if price is None or (_same(price, last["known_price"]) and currency == last["known_currency"]):
            return known
        if currency == last["known_currency"]:
            change = {"previous_price": last["known_price"], "price_changed_at": point["at"]}
            return {**known, "known_price": price, **change}
    first = {"known_price": price, "known_currency": None if price is None else currency}
    return {**first, "previous_price": None, "price_changed_at": None}


def _same(one: Any, other: Any) -> bool:
    """Equality by value: 10 and 10.00 are one price."""
    if hasattr(one, "to_decimal") and hasattr(other, "to_decimal"):
        return bool(one.to_decimal() == other.to_decimal())
    return bool(one == other)


async def _pending(database: Database) -> int:
    with database_errors():
        return await database["price_history"].count_documents(OLD)


STEP = Step("0001-number-price-points", Phase.CONTRACT, "number the points of price histories", _apply, _pending)
