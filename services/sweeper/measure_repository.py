"""What the whole system looks like in the database. Every age is a difference of two times of the database's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from shared.jobs import TERMINAL, JobStatus
from shared.mongo import ASCENDING, Database, Document, database_errors

NOW_US = {"$multiply": [{"$toLong": "$$NOW"}, 1000]}
# So that a tick of the database's clock can be read where there is nothing else to read.
CLOCK = "sweeper"


class JobGroup(NamedTuple):
    """Jobs alike in state: how many, and the oldest times among them."""

    status: str
    waits: bool
    unsent: bool
    number: int
    created_at: datetime
    updated_at: datetime


class PaceState(NamedTuple):
    """One line of the pace: seconds of pause that are left, and the interval in force (0: the configured one)."""

    line: str
    pause_seconds: float
    interval_seconds: float
    circuit_open: bool


class MeasureRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> datetime | None:
        """The database's clock; None before any sweeper has led."""
        pipeline: list[Document] = [{"$match": {"_id": CLOCK}}, {"$project": {"now": "$$NOW"}}]
        with database_errors():
            found = await self._database["leases"].aggregate(pipeline).to_list(None)
        return found[0]["now"] if found else None

    async def find_job_groups(self) -> list[JobGroup]:
        """All jobs that have not ended, by state."""
        state = {
            "status": "$status",
            "waits": {"$ne": [{"$ifNull": ["$status_reason", None]}, None]},
            "unsent": {"$eq": [{"$ifNull": ["$submitted_at", None]}, None]},
        }
        ages = {"created_at": {"$min": "$created_at"}, "updated_at": {"$min": "$updated_at"}}
        pipeline: list[Document] = [
            {"$match": {"status": {"$in": [str(status) for status in JobStatus if status not in TERMINAL]}}},
            {"$group": {"_id": state, "number": {"$sum": 1}, **ages}},
        ]
        with database_errors():
            found = await self._database["jobs"].aggregate(pipeline).to_list(None)
        return [
            JobGroup(
                **group["_id"], number=group["number"], created_at=group["created_at"], updated_at=group["updated_at"]
            )
            for group in found
        ]

    async def find_oldest_unannounced(self) -> datetime | None:
        """When the job ended that waits longest for its end to be announced."""
        query = {"announced": False, "status": {"$in": [str(status) for status in TERMINAL]}}
        with database_errors():
            found = await self._database["jobs"].find_one(
                query, {"completed_at": 1}, sort=[("completed_at", ASCENDING)]
            )
        return None if found is None else found["completed_at"]

    async def count_documents(self, collections: Iterable[str]) -> dict[str, int]:
        """About how many documents each of these holds, from its metadata."""
        with database_errors():
            return {name: await self._database[name].estimated_document_count() for name in collections}

    async def find_paces(self) -> list[PaceState]:
        """All lines of the pace that anybody has used."""
        left: Any = {"$subtract": ["$blocked_until", NOW_US]}
        pipeline: list[Document] = [{"$project": {"left": left, "interval_us": 1, "open": 1}}]
        with database_errors():
            found = await self._database["pace"].aggregate(pipeline).to_list(None)
        return [
            PaceState(p["_id"], max(0.0, p["left"] / 1e6), p["interval_us"] / 1e6, bool(p.get("open"))) for p in found
        ]
