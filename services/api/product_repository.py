"""Queries of products and of what their prices did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.api.products import SEARCHED, STORED, HistoryQuery, Position, ProductQuery
from services.api.repricing import NewAnalysis
from services.api.words import field, holding
from shared.amazon.marketplaces import MARKETPLACES
from shared.ids import user_product_key
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    EPOCH,
    Database,
    Document,
    UpdateOne,
    database_errors,
)
from shared.mongodecimals import to_decimal128, with_decimals

# Whole products read at once: a page's features, images and description may make one 20 kB.
SCANNED_AT_ONCE = 200
TEXTS = frozenset({"title", STORED["category"]})
# No value of a field is less.
_LEAST: Document = {
    "collected_at": EPOCH,
    "price_changed_at": EPOCH,
    "price": float("-inf"),
    "price_change_percent": float("-inf"),
    STORED["margin"]: float("-inf"),
    STORED["category"]: "",
    "title": "",
    "favorite": False,
}


class MongoProductStore:
    """Products as their users see them."""

    def __init__(self, database: Database) -> None:
        self._products = with_decimals(database["products"])
        self._price_history = with_decimals(database["price_history"])

    async def find_product(self, user_id: str, marketplace: str, asin: str) -> Document | None:
        # The id alone does not tell whose it is: a user's name may itself hold colons.
        query = {"_id": user_product_key(user_id, marketplace, asin), "user_id": user_id}
        with database_errors():
            return await self._products.find_one(query)

    async def find_by_ids(
        self, user_id: str, ids: Sequence[str], fields: Sequence[str] | None = None
    ) -> dict[str, Document]:
        wanted = None if fields is None else dict.fromkeys(("user_id", *fields), True)
        with database_errors():
            # Whose they are is looked at here: asked for both, a database may walk all of the user's products.
            found = await self._products.find({"_id": {"$in": list(ids)}}, wanted).to_list(None)
        return {document["_id"]: document for document in found if document["user_id"] == user_id}

    async def find_products(self, user_id: str, query: ProductQuery) -> list[Document]:
        found: list[Document] = []
        with database_errors():
            for part in self.parts(user_id, query):
                found += await part.limit(query.limit - len(found)).to_list(None)
                if len(found) == query.limit:
                    break
        return found

    async def scan_products(self, user_id: str, query: ProductQuery) -> AsyncIterator[Sequence[Document]]:
        for part in self.parts(user_id, query):
            cursor = part.batch_size(SCANNED_AT_ONCE)
            try:
                while found := await _some(cursor):
                    yield found
            finally:
                await cursor.close()

    def parts(self, user_id: str, query: ProductQuery) -> list[Any]:
        """What a list is read with, one after the other: each is a walk along an index, which one query for whatever
        follows a place, values that are missing included, is not on every database."""
        order = DESCENDING if query.sort.descending else ASCENDING
        base = _product_filter(user_id, query)
        places = [[]] if query.after is None else [[place] for place in _beyond(query, query.after)]
        # Ties go the other way, so that one index, read forwards or backwards, serves both orders.
        by = [(query.sort.field, order), ("_id", -order)]
        # A range of texts is kept apart: MongoDB sees through it, the server of local runs misorders texts on an index.
        joined = _apart if query.sort.field in TEXTS else _all_of
        return [self._products.find(joined([*base, *place])).sort(by) for place in places]

    async def set_analysis(
        self, user_id: str, marketplace: str, asin: str, collected_at: datetime | None, changes: Document
    ) -> bool:
        query = {
            "_id": user_product_key(user_id, marketplace, asin),
            "user_id": user_id,
            "collected_at": collected_at,
        }
        with database_errors():
            return (await self._products.update_one(query, {"$set": changes})).matched_count == 1

    async def set_analyses(self, user_id: str, analyses: Sequence[NewAnalysis]) -> int:
        writes = [
            UpdateOne(
                {"_id": new.product_id, "user_id": user_id, "collected_at": new.collected_at},
                {"$set": new.changes()},
            )
            for new in analyses
        ]
        with database_errors():
            return (await self._products.bulk_write(writes, ordered=False)).matched_count

    async def change(self, user_id: str, marketplace: str, asin: str, changes: Document) -> bool:
        query = {"_id": user_product_key(user_id, marketplace, asin), "user_id": user_id}
        with database_errors():
            return (await self._products.update_one(query, {"$set": changes})).matched_count == 1

    async def delete_product(self, user_id: str, marketplace: str, asin: str) -> bool:
        query = {"_id": user_product_key(user_id, marketplace, asin), "user_id": user_id}
        with database_errors():
            return (await self._products.delete_one(query)).deleted_count == 1

    async def find_price_points(self, marketplace: str, asin: str, query: HistoryQuery) -> list[Document]:
        # Points that have no number yet are those of a database that is to be migrated.
        numbered = {"$exists": True} if query.before is None else {"$lt": query.before}
        wanted: Document = {"marketplace": marketplace, "asin": asin, "n": numbered}
        bounds = {"$gte": query.since, "$lt": query.until}
        if at := {operator: moment for operator, moment in bounds.items() if moment is not None}:
            wanted["at"] = at
        with database_errors():
            cursor = self._price_history.find(wanted).sort("n", DESCENDING).limit(query.limit)
            points: list[Document] = await cursor.to_list(None)
        return points


async def _some(cursor: Any) -> list[Document]:
    with database_errors():
        found: list[Document] = await cursor.to_list(SCANNED_AT_ONCE)
    return found


def _apart(conditions: Sequence[Document]) -> Document:
    return conditions[0] if len(conditions) == 1 else {"$and": list(conditions)}


def _all_of(conditions: Sequence[Document]) -> Document:
    """One document as far as possible: what stands in an `$and` finds no index on every database."""
    merged: Document = {}
    others = []
    for condition in conditions:
        if merged.keys() & condition.keys():
            others.append(condition)
        else:
            merged |= condition
    return {"$and": [merged, *others]} if others else merged


def _product_filter(user_id: str, query: ProductQuery) -> list[Document]:
    document: Document = {"user_id": user_id}
    if query.asin is not None:
        # One id for each marketplace: no index of its own is needed.
        places = MARKETPLACES if query.marketplace is None else (query.marketplace,)
        document["_id"] = {"$in": [user_product_key(user_id, place, query.asin) for place in places]}
    for name in ("marketplace", "asin", "job_id", "favorite"):
        if (value := getattr(query, name)) is not None:
            document[name] = value
    if query.changed is not None:
        document["price_changed_at"] = {"$gte": EPOCH} if query.changed else None
    if query.favorite is False:
        document["favorite"] = {"$in": [False, None]}
    if query.category is not None:
        document[STORED["category"]] = query.category
    if query.availability is not None:
        document["availability"] = query.availability
    if query.profitable is not None:
        document["analysis.is_profitable"] = True if query.profitable else {"$in": [False, None]}
    if query.priced is not None:
        document["resale.selling_price_krw"] = {"$gt": 0} if query.priced else None
    for name, (least, most) in query.ranges.items():
        bounds = {"$gte": _stored(least), "$lte": _stored(most)}
        document[STORED.get(name, name)] = {key: bound for key, bound in bounds.items() if bound is not None}
    return [document, *(holding(word, [field(name) for name in SEARCHED]) for word in (query.q or "").split())]


def _stored(value: Any) -> Any:
    return to_decimal128(value) if isinstance(value, Decimal) else value


def _beyond(query: ProductQuery, position: Position) -> list[Document]:
    """What comes after `position` in the sort order, in this order; a missing value is less than any other."""
    name = query.sort.field
    after, tie = ("$lt", "$gt") if query.sort.descending else ("$gt", "$lt")
    value = _stored(position.value)
    ties: Document = {name: value, "_id": {tie: position.id}}
    if query.sort.descending:
        return [ties] if value is None else [ties, {name: {after: value}}, {name: None}]
    return [ties, {name: {"$gte": _LEAST[name]} if value is None else {after: value}}]
