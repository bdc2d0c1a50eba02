"""Products in memory, as their store has them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.api.product_repository import SCANNED_AT_ONCE
from services.api.products import SEARCHED, STORED, HistoryQuery, ProductQuery, stored_value
from services.api.repricing import NewAnalysis
from services.api.widths import usual


class FakeProductStore:
    def __init__(self, products: Sequence[dict[str, Any]] = ()) -> None:
        self.products = {product["_id"]: product for product in products}
        self.points: list[dict[str, Any]] = []

    async def find_product(self, user_id: str, marketplace: str, asin: str) -> dict[str, Any] | None:
        product = self.products.get(f"{user_id}:{marketplace}:{asin}")
        return product if product and product["user_id"] == user_id else None

    async def find_by_ids(
        self, user_id: str, ids: Sequence[str], fields: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        return {i: self.products[i] for i in ids if i in self.products and self.products[i]["user_id"] == user_id}

    async def find_products(self, user_id: str, query: ProductQuery) -> list[dict[str, Any]]:
        """In order of the value, missing ones lowest; ties go the other way."""
        field, descending = query.sort.field, query.sort.descending

        def rank(value: Any) -> tuple[bool, Any]:
            return (value is not None, value)

        def follows(product: dict[str, Any], value: Any, product_id: str) -> bool:
            if stored_value(product, field) == value:
                return (product["_id"] > product_id) is descending
            return (rank(stored_value(product, field)) < rank(value)) is descending

        found = [p for p in self.products.values() if _fits(p, user_id, query)]
        found.sort(key=lambda p: p["_id"], reverse=not descending)
        found.sort(key=lambda p: rank(stored_value(p, field)), reverse=descending)
        if (after := query.after) is not None:
            found = [p for p in found if p["_id"] != after.id and follows(p, after.value, after.id)]
        return found[: query.limit]

    async def scan_products(self, user_id: str, query: ProductQuery) -> AsyncIterator[Sequence[dict[str, Any]]]:
        found = await self.find_products(user_id, replace(query, limit=len(self.products) + 1))
        for first in range(0, len(found), SCANNED_AT_ONCE):
            yield found[first : first + SCANNED_AT_ONCE]

    async def set_analysis(
        self, user_id: str, marketplace: str, asin: str, collected_at: datetime | None, changes: dict[str, Any]
    ) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None or product.get("collected_at") != collected_at:
            return False
        self.products[product["_id"]] = {**product, **changes}
        return True

    async def set_analyses(self, user_id: str, analyses: Sequence[NewAnalysis]) -> int:
        there = [
            new
            for new in analyses
            if (known := self.products.get(new.product_id)) is not None
            and (known["user_id"], known.get("collected_at")) == (user_id, new.collected_at)
        ]
        for new in there:
            self.products[new.product_id] = {**self.products[new.product_id], **new.changes()}
        return len(there)

    async def change(self, user_id: str, marketplace: str, asin: str, changes: dict[str, Any]) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None:
            return False
        self.products[product["_id"]] = {**product, **changes}
        return True

    async def delete_product(self, user_id: str, marketplace: str, asin: str) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None:
            return False
        del self.products[product["_id"]]
        return True

    async def find_price_points(self, marketplace: str, asin: str, query: HistoryQuery) -> list[dict[str, Any]]:
        found = [
            point
            for point in self.points
            if (point["marketplace"], point["asin"]) == (marketplace, asin)
            and (query.since is None or point["at"] >= query.since)
            and (query.until is None or point["at"] < query.until)
            and (query.before is None or point["n"] < query.before)
        ]
        return sorted(found, key=lambda point: -point["n"])[: query.limit]


def _fits(product: dict[str, Any], user_id: str, query: ProductQuery) -> bool:
    exact = {"marketplace": query.marketplace, "asin": query.asin, "job_id": query.job_id}
    return (
        product["user_id"] == user_id
        and all(value is None or product[name] == value for name, value in exact.items())
        and (query.changed is None or (product.get("price_changed_at") is not None) is query.changed)
        and (query.favorite is None or bool(product.get("favorite")) is query.favorite)
        and all(_holds(product, usual(word).lower()) for word in (query.q or "").split())
        and (query.category is None or stored_value(product, STORED["category"]) == query.category)
        and (query.availability is None or product.get("availability") == query.availability)
        and (query.profitable is None or (stored_value(product, "analysis.is_profitable") is True) is query.profitable)
        and (query.priced is None or (stored_value(product, "resale.selling_price_krw") is not None) is query.priced)
        and all(_within(stored_value(product, STORED.get(n, n)), bounds) for n, bounds in query.ranges.items())
    )


def _holds(product: dict[str, Any], word: str) -> bool:
    return any(word in usual(product.get(name) or "").lower() for name in SEARCHED)


def _within(value: Any, bounds: tuple[Any, Any]) -> bool:
    least, most = bounds
    return value is not None and (least is None or value >= least) and (most is None or value <= most)
