"""Queries of the figures of a user; each is a count or a bounded walk on an index."""

from __future__ import annotations

from datetime import datetime

from services.api.responses import ProductStats
from services.api.stats import JobFigures
from shared.jobs import JobStatus
from shared.mongo import DESCENDING, Collection, Database, Document, database_errors

# Jobs of a week whose figures are summed up; whoever has more sees the latest.
MOST_JOBS = 5_000
PRICED: Document = {"resale.selling_price_krw": {"$gt": 0}}
FIGURES = {"created_at": True, "success_count": True, "error_count": True}


class MongoStatsStore:
    def __init__(self, database: Database) -> None:
        self._jobs: Collection = database["jobs"]
        self._products: Collection = database["products"]

    async def count_jobs(self, user_id: str) -> dict[JobStatus, int]:
        with database_errors():
            return {
                status: await self._jobs.count_documents({"user_id": user_id, "status": str(status)})
                for status in JobStatus
            }

    async def count_products(self, user_id: str, since: datetime) -> ProductStats:
        return ProductStats(
            total=await self._count({"user_id": user_id}),
            favorite=await self._count({"user_id": user_id, "favorite": True}),
            profitable=await self._count({"user_id": user_id, "analysis.is_profitable": True}),
            priced=await self._count({"user_id": user_id, **PRICED}),
            priced_profitable=await self._count({"user_id": user_id, **PRICED, "analysis.is_profitable": True}),
            collected_24h=await self._count({"user_id": user_id, "collected_at": {"$gte": since}}),
            changed_24h=await self._count({"user_id": user_id, "price_changed_at": {"$gte": since}}),
        )

    async def _count(self, query: Document) -> int:
        with database_errors():
            return await self._products.count_documents(query)

    async def find_figures(self, user_id: str, since: datetime) -> list[JobFigures]:
        # Ids sort by creation: the moment's own id is a bound for the index.
        first = f"{int(since.timestamp() * 1000):012x}"
        query = {"user_id": user_id, "_id": {"$gte": first}}
        with database_errors():
            cursor = self._jobs.find(query, FIGURES).sort("_id", DESCENDING).limit(MOST_JOBS)
            return [JobFigures(d["created_at"], d["success_count"], d["error_count"]) async for d in cursor]
