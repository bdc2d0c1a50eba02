"""All queries and indexes of the expander."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from shared.chunks import find_keys, seqs_of
from shared.indexes import Indexes, ensure_indexes
from shared.job_events import EVENT_FIELDS
from shared.jobends import fail_job
from shared.jobs import ItemStatus, JobStatus, Step
from shared.mongo import ASCENDING, Database, Document, IndexModel, database_errors, insert_new
from shared.outcomes import find_statuses
from shared.runs import RUN_FIELDS, WHOLE
from shared.transitions import Transitions

JOB_FIELDS = {
    **EVENT_FIELDS,
    **RUN_FIELDS,
    "pauses": 1,
    "resumed": 1,
    "type": 1,
    "request": 1,
    "expansion": 1,
    "fed": 1,
    "status_reason": 1,
    "submitted_at": 1,
}

# What a start computes from the job. A deadline that a pause has stopped moves on by as long as it was stopped.
_STOPPED = {"$dateDiff": {"startDate": {"$ifNull": ["$paused_at", "$$NOW"]}, "endDate": "$$NOW", "unit": "millisecond"}}
STARTED: dict[str, Any] = {
    "started_at": {"$ifNull": ["$started_at", "$$NOW"]},
    "stretch_at": "$$NOW",
    "stretch_progress": "$progress",
    "deadline_at": {
        "$cond": [
            {"$gt": ["$deadline_at", None]},
            {"$dateAdd": {"startDate": "$deadline_at", "unit": "millisecond", "amount": _STOPPED}},
            {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": "$settings.time_limit_seconds"}},
        ]
    },
}


INDEXES: Indexes = {
    "jobs": (
        IndexModel([("user_id", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("status", ASCENDING), ("updated_at", ASCENDING)]),
    ),
    "items": (IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("first", ASCENDING)]),),
    "sources": (IndexModel([("job_id", ASCENDING), ("n", ASCENDING)]),),
}


@dataclass(frozen=True)
class Chunk:
    """Consecutive items of a run: places `first`.. in the run, their keys, and the seqs they have in the job."""

    first: int
    keys: Sequence[str]
    seqs: Sequence[int]


class ExpanderRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._transitions = Transitions(database)
        self._jobs = database["jobs"]
        self._sources = database["sources"]
        self._items = database["items"]
        self._outcomes = database["outcomes"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_job(self, job_id: str) -> Document | None:
        with database_errors():
            return await self._jobs.find_one({"_id": job_id}, JOB_FIELDS)

    async def count_ahead(self, job: Document) -> int:
        """Jobs of the same user that run, or were submitted before and wait."""
        user, pending = job["user_id"], str(JobStatus.PENDING)
        with database_errors():
            # In this order: one that starts in between is counted twice, not missed.
            waiting = await self._jobs.count_documents({"user_id": user, "status": pending, "_id": {"$lt": job["_id"]}})
            running = await self._jobs.count_documents({"user_id": user, "status": str(JobStatus.PROCESSING)})
        return running + waiting

    async def mark_waiting(self, job_id: str, reason: str) -> None:
        update = {"$set": {"status_reason": reason}, "$currentDate": {"updated_at": True}}
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "status": str(JobStatus.PENDING)}, update)

    async def find_next_waiting(self, user_id: str) -> list[Document]:
        """The user's oldest waiting jobs."""
        query = {"user_id": user_id, "status": str(JobStatus.PENDING), "status_reason": {"$ne": None}}
        with database_errors():
            return (
                await self._jobs.find(query, {"run": 1, "traceparent": 1}).sort("_id", ASCENDING).limit(5).to_list(None)
            )

    async def start(self, job_id: str, run: int) -> Document | None:
        """PENDING to PROCESSING; None when this run of it is neither any more."""
        await self._transitions.take(
            job_id, Step.START, where={"run": run}, actor="expander", computed=STARTED, dropped=("paused_at",)
        )
        job = await self.find_job(job_id)
        return job if job is not None and (job["run"], job["status"]) == (run, JobStatus.PROCESSING) else None

    async def sources(self, job_id: str) -> AsyncIterator[list[str]]:
        """The keys that a BULK_ASIN request named, in order, a thousand at a time."""
        with database_errors():
            async for document in self._sources.find({"job_id": job_id}).sort("n", ASCENDING):
                yield document["keys"]

    async def insert_items(self, job_id: str, first: int, keys: Sequence[str]) -> Sequence[str]:
        """Keep these keys as the job's items from seq `first` on; returns what an earlier try has kept there, if any.

        A listing may have changed between two tries: what is stored first is what counts.
        """
        if not keys:
            return keys
        chunk = {
            "_id": f"{job_id}:{WHOLE}:{first}",
            "job_id": job_id,
            "run": WHOLE,
            "first": first,
            "last": first + len(keys) - 1,
            "keys": list(keys),
        }
        if not await insert_new(self._items, [chunk]):
            return keys
        with database_errors():
            kept = await self._items.find_one({"_id": chunk["_id"]}, {"keys": 1})
        return kept["keys"] if kept is not None else keys

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]:
        """For each of these places of a run: its seq and its key."""
        return await find_keys(self._items, job_id, run, places)

    async def find_earlier_keys(self, job_id: str, before: int) -> list[str]:
        """The keys of a job's items before seq `before`."""
        query = {"job_id": job_id, "run": WHOLE, "first": {"$lt": before}}
        with database_errors():
            chunks = await self._items.find(query).sort("first", ASCENDING).to_list(None)
        return [key for chunk in chunks for key in chunk["keys"]]

    async def find_chunks(self, job_id: str, run: int, places: range) -> list[Chunk]:
        """The stored chunks that hold any of `places`."""
        query = {
            "job_id": job_id,
            "run": run,
            "first": {"$lt": places.stop},
            "last": {"$gte": places.start},
        }
        with database_errors():
            documents = await self._items.find(query).sort("first", ASCENDING).to_list(None)
        return [Chunk(d["first"], d["keys"], seqs_of(d)) for d in documents]

    async def save_expansion(self, job_id: str, run: int, expansion: Document) -> bool:
        """Keep where paging stands; False when the job does not run any more."""
        update = {"$set": {"expansion": expansion}, "$currentDate": {"updated_at": True}}
        query = {"_id": job_id, "run": run, "status": str(JobStatus.PROCESSING)}
        with database_errors():
            result = await self._jobs.update_one(query, update)
        return bool(result.matched_count)

    async def set_total(self, job_id: str, run: int, total: int) -> None:
        """Fix the number of items, once."""
        changes: dict[str, Any] = {"$set": {"total_items": total}, "$inc": {"rev": 1}}
        changes["$currentDate"] = {"updated_at": True}
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run, "total_items": None}, changes)

    async def find_running(self) -> list[Document]:
        """Jobs that may have something to be handed out."""
        query = {"status": str(JobStatus.PROCESSING), "total_items": {"$ne": None}}
        with database_errors():
            return await self._jobs.find(query, JOB_FIELDS).to_list(None)

    async def move_cursor(self, job: Document, fed: int, to: int) -> None:
        """The places from `fed` to `to` have been handed out.

        Nothing if another feeder was quicker, or a pause came in between: then collectors may have dropped them.
        """
        query = {"_id": job["_id"], "run": job["run"], "fed": fed, "pauses": job.get("pauses")}
        with database_errors():
            await self._jobs.update_one(query, {"$set": {"fed": to}})

    async def mark_resumed(self, job: Document) -> None:
        """What was dropped in the pauses that `job` knows of has been handed out again."""
        with database_errors():
            await self._jobs.update_one(
                {"_id": job["_id"], "run": job["run"]}, {"$max": {"resumed": job.get("pauses") or 0}}
            )

    async def find_ledger(self, job_id: str) -> bytes:
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, {"ledger": 1})
        return bytes((job or {}).get("ledger") or b"")

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        """The stored status of those items that have their outcome."""
        return await find_statuses(self._outcomes, outcome_ids)

    async def fail(self, job_id: str, run: int, reason: str) -> Document | None:
        """To FAILED; returns the job as it then is, or None when this run of it had ended already."""
        return await fail_job(self._database, job_id, {"run": run}, reason, "expander")

    async def mark_announced(self, job_id: str, run: int) -> None:
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, {"$set": {"announced": True}})
