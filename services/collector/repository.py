"""All queries and indexes of the collector. Batches only; every write may be repeated."""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence

from services.collector.jobstates import JobState
from services.collector.pricehistory import next_point, overtaken
from services.collector.products import JUDGED, new_product, product_update
from services.collector.results import Observation, Result, Task
from shared.errors import RetryableError
from shared.indexes import Indexes, ensure_indexes
from shared.jobs import ItemStatus, JobStatus
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    UpdateOne,
    database_errors,
    insert_new,
)
from shared.outcomes import find_statuses
from shared.profit.models import Analysis

INDEXES: Indexes = {
    # Read by the expander, which counts what waits to be tried again.
    "attempts": (IndexModel([("job_id", ASCENDING), ("next_attempt_at", ASCENDING)]),),
    "outcomes": (IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("status", ASCENDING), ("seq", ASCENDING)]),),
    "products": (
        IndexModel([("user_id", ASCENDING), ("collected_at", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("job_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("price_changed_at", DESCENDING), ("_id", ASCENDING)]),
    ),
    "price_history": (IndexModel([("marketplace", ASCENDING), ("asin", ASCENDING), ("n", DESCENDING)]),),
}


class CollectorRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = database["jobs"]
        self._outcomes = database["outcomes"]
        self._attempts = database["attempts"]
        self._observations = database["observations"]
        self._products = database["products"]
        self._price_history = database["price_history"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_job_states(self, job_ids: Several[str]) -> dict[str, JobState]:
        fields = {"user_id": 1, "run": 1, "status": 1, "settings": 1, "total_items": 1, "rev": 1}
        with database_errors():
            documents = await self._jobs.find({"_id": {"$in": list(job_ids)}}, fields).to_list(None)
        return {
            d["_id"]: JobState(
                d["user_id"], d["run"], JobStatus(d["status"]), d.get("settings", {}), d.get("total_items"), d["rev"]
            )
            for d in documents
        }

    async def find_statuses(self, outcome_ids: Several[str]) -> dict[str, ItemStatus]:
        """The stored status of those items that have their outcome."""
        return await find_statuses(self._outcomes, outcome_ids)

    async def find_observations(self, keys: Several[str]) -> dict[str, Document]:
        """The latest observations of these products, by key."""
        with database_errors():
            documents = await self._observations.find({"_id": {"$in": list(keys)}}).to_list(None)
        return {d["_id"]: d for d in documents}

    async def mark_attempt(self, task: Task, attempts: int, error: Document, wait_seconds: float) -> None:
        """Keep what went wrong with an item that is to be tried again, and when: on the database's clock."""
        command = task.command
        wait = {"startDate": "$$NOW", "unit": "millisecond", "amount": round(wait_seconds * 1000)}
        values = {
            "job_id": command.job_id,
            "run": command.run,
            "marketplace": command.marketplace,
            "attempts": attempts,
            "error": {"$literal": error},  # texts from elsewhere may begin with a dollar sign
            "at": "$$NOW",
            "next_attempt_at": {"$dateAdd": wait},
        }
        with database_errors():
            await self._attempts.update_one({"_id": task.outcome_id}, [{"$set": values}], upsert=True)

    async def upsert_observations(self, observations: Mapping[str, Observation]) -> dict[str, Document]:
        """Keep the page of each product; returns the point of its history at which each product stands.

        What a newer observation has overtaken changes nothing. Points are written first and carry the number of the
        change in their id: a crash in between, or another collector that sees the same, leads to the same point.
        """
        known = [key for key, seen in observations.items() if not seen.first]
        stored = await _find(self._observations, known, {"observed_at": 1, "point": 1})
        points = {key: document["point"] for key, document in stored.items() if document.get("point")}
        new = {
            key: seen
            for key, seen in observations.items()
            if key not in points or not overtaken(seen.observed_at, stored[key]["observed_at"])
        }
        await self._add_points(new, points)
        changes = {
            key: {"page": seen.page, "observed_at": seen.observed_at, "point": points[key]} for key, seen in new.items()
        }
        await _insert_or_update(
            self._observations,
            {key: {"_id": key, **change} for key, change in changes.items() if key not in stored},
            {key: {"$set": change} for key, change in changes.items()},
        )
        return points

    async def _add_points(self, new: dict[str, Observation], points: dict[str, Document]) -> None:
        """Write the points that `new` adds to `points`, the last known ones; both are brought up to date."""
        adding = {key: point for key, seen in new.items() if (point := next_point(key, seen, points.get(key)))}
        while adding:
            keys = list(adding)
            taken = [keys[index] for index in await insert_new(self._price_history, list(adding.values()))]
            points.update(adding)
            adding = {}
            for key in taken:  # another collector was faster, or we ourselves before a crash: go on from there
                points[key] = await self._find_last_point(key)
                point = next_point(key, new[key], points[key])
                if point is not None and overtaken(new[key].observed_at, points[key]["at"]):
                    del new[key]
                elif point is not None:
                    adding[key] = point

    async def _find_last_point(self, key: str) -> Document:
        marketplace, asin = key.split(":", 1)
        with database_errors():
            found = await self._price_history.find_one(
                {"marketplace": marketplace, "asin": asin}, sort=[("n", DESCENDING)]
            )
        if found is None:
            raise RetryableError(f"a point of the price history of {key} vanished", code="history_vanished")
        return found

    async def find_products(self, observed: Sequence[tuple[Result, Observation]]) -> dict[str, Document]:
        """What the users of these have said of their products, by the product's id; only products that are there.

        Of those that are not analysed, also what an earlier analysis rests on.
        """
        tasks = [result.task for result, seen in observed if not seen.first]
        analysed = [task.product_id for task in tasks if task.is_analysed]
        others = [task.product_id for task in tasks if not task.is_analysed]
        found = await _find(self._products, analysed, {"resale": 1})
        return found | await _find(self._products, others, dict.fromkeys(("resale", *JUDGED), 1))

    async def upsert_products(
        self, results: Sequence[tuple[Result, Observation, Analysis | None]], stored: Mapping[str, Document]
    ) -> None:
        """Make these the users' views of their products, `stored` of which are there; a repetition changes nothing."""
        updates = {
            result.task.product_id: product_update(result.task, seen, analysis, stored.get(result.task.product_id))
            for result, seen, analysis in results
        }
        new = {key: new_product(key, update) for key, update in updates.items() if key not in stored}
        await _insert_or_update(self._products, new, updates)

    async def insert_outcomes(self, documents: Sequence[Document]) -> dict[str, ItemStatus]:
        """Store outcomes; returns what is stored under ids that another delivery had already taken."""
        taken = await insert_new(self._outcomes, documents)
        return await self.find_statuses([documents[index]["_id"] for index in taken]) if taken else {}


async def _find(collection: Collection, keys: Sequence[str], fields: Document) -> dict[str, Document]:
    """These fields of what is stored under `keys`, by key; nobody is asked about none."""
    if not keys:
        return {}
    with database_errors():
        documents = await collection.find({"_id": {"$in": keys}}, fields).to_list(None)
    return {document["_id"]: document for document in documents}


async def _insert_or_update(
    collection: Collection, new: Mapping[str, Document], updates: Mapping[str, Document]
) -> None:
    """Insert those of which nothing was stored, update the rest: an insert costs the database a fraction of an upsert.

    Whatever another process has inserted meanwhile is updated as well.
    """
    taken = await insert_new(collection, list(new.values()))
    inserted = {key for index, key in enumerate(new) if index not in taken}
    changes = [UpdateOne({"_id": key}, update, upsert=True) for key, update in updates.items() if key not in inserted]
    if changes:
        with database_errors():
            await collection.bulk_write(changes, ordered=False)
