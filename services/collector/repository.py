"""All queries and indexes of the collector. Batches only; every write may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.collector.jobstates import JobState
from services.collector.products import price_point, product_update
from services.collector.results import Observation, Result
from shared.jobs import ItemStatus, JobStatus
from shared.mongo import ASCENDING, DESCENDING, Database, Document, IndexModel, UpdateOne, database_errors, insert_new
from shared.profit.models import Analysis


class CollectorRepository:
    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._outcomes = database["outcomes"]
        self._attempts = database["attempts"]
        self._observations = database["observations"]
        self._products = database["products"]
        self._price_history = database["price_history"]

    async def create_indexes(self) -> None:
        with database_errors():
            await self._outcomes.create_indexes(
                [IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("status", ASCENDING), ("seq", ASCENDING)])]
            )
            await self._products.create_indexes(
                [
                    IndexModel([("user_id", ASCENDING), ("collected_at", DESCENDING), ("_id", ASCENDING)]),
                    IndexModel([("user_id", ASCENDING), ("job_id", ASCENDING), ("_id", ASCENDING)]),
                ]
            )
            await self._price_history.create_indexes(
                [IndexModel([("marketplace", ASCENDING), ("asin", ASCENDING), ("at", DESCENDING)])]
            )

    async def find_job_states(self, job_ids: Collection[str]) -> dict[str, JobState]:
        fields = {"user_id": 1, "run": 1, "status": 1, "settings": 1}
        with database_errors():
            documents = await self._jobs.find({"_id": {"$in": list(job_ids)}}, fields).to_list(None)
        return {
            d["_id"]: JobState(d["user_id"], d["run"], JobStatus(d["status"]), d.get("settings", {})) for d in documents
        }

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        """The stored status of those items that have their outcome."""
        with database_errors():
            documents = await self._outcomes.find({"_id": {"$in": list(outcome_ids)}}, {"status": 1}).to_list(None)
        return {d["_id"]: ItemStatus(d["status"]) for d in documents}

    async def find_observations(self, keys: Collection[str]) -> dict[str, Document]:
        """The latest observations of these products, by key."""
        with database_errors():
            documents = await self._observations.find({"_id": {"$in": list(keys)}}).to_list(None)
        return {d["_id"]: d for d in documents}

    async def mark_attempt(self, outcome_id: str, job_id: str, attempts: int, error: Document, at: datetime) -> None:
        """Keep what went wrong with an item that is to be tried again."""
        update = {"$set": {"job_id": job_id, "attempts": attempts, "error": error, "at": at}}
        with database_errors():
            await self._attempts.update_one({"_id": outcome_id}, update, upsert=True)

    async def upsert_observations(self, observations: Mapping[str, Observation]) -> None:
        """Keep the page of each product, and a point of its history where something changed."""
        updates = [
            UpdateOne({"_id": key}, {"$set": {"page": o.page, "observed_at": o.observed_at}}, upsert=True)
            for key, o in observations.items()
        ]
        points = [point for key, o in observations.items() if (point := price_point(key, o))]
        with database_errors():
            if updates:
                await self._observations.bulk_write(updates, ordered=False)
        await insert_new(self._price_history, points)

    async def upsert_products(self, results: Sequence[tuple[Result, Observation, Analysis | None]]) -> None:
        updates = [
            UpdateOne(*product_update(result.task, observation, analysis), upsert=True)
            for result, observation, analysis in results
        ]
        with database_errors():
            if updates:
                await self._products.bulk_write(updates, ordered=False)

    async def insert_outcomes(self, documents: Sequence[Document]) -> dict[str, ItemStatus]:
        """Store outcomes; returns what is stored under ids that another delivery had already taken."""
        taken = await insert_new(self._outcomes, documents)
        return await self.find_statuses([documents[index]["_id"] for index in taken]) if taken else {}
