"""Queries of schedules, their runs, and the jobs that they make."""

from __future__ import annotations

from datetime import datetime

from services.sweeper.repository import BATCH, older_than
from shared.indexes import Indexes, ensure_indexes
from shared.jobs import LIVE
from shared.mongo import ASCENDING, DESCENDING, Database, Document, IndexModel, database_errors, insert_new
from shared.newjobs import insert_job, insert_sources, job_document

RUNS_KEPT_SECONDS = 180 * 86_400

INDEXES: Indexes = {
    "schedules": (
        IndexModel([("user_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("paused", ASCENDING), ("next_at", ASCENDING)]),
    ),
    "schedule_runs": (
        IndexModel([("schedule_id", ASCENDING), ("due_at", DESCENDING)]),
        IndexModel([("due_at", ASCENDING)], expireAfterSeconds=RUNS_KEPT_SECONDS),
    ),
}


class ScheduleRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._schedules = database["schedules"]
        self._runs = database["schedule_runs"]
        self._jobs = database["jobs"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_due(self) -> list[Document]:
        """On the database's clock, those due longest first."""
        query: Document = {"paused": False, **older_than("next_at", 0)}
        with database_errors():
            return await self._schedules.find(query).sort("next_at", ASCENDING).limit(BATCH).to_list(None)

    async def is_live(self, job_id: str | None) -> bool:
        """Whether the job is there and has not ended."""
        if job_id is None:
            return False
        query: Document = {"_id": job_id, "status": {"$in": [str(status) for status in LIVE]}}
        with database_errors():
            return await self._jobs.find_one(query, {"_id": 1}) is not None

    async def decide(self, run: Document) -> Document:
        """Keep what is decided about a run; what was decided first stands, and is returned."""
        if not await insert_new(self._runs, [run]):
            return run
        with database_errors():
            return await self._runs.find_one({"_id": run["_id"]}) or run

    async def make_job(self, schedule: Document, job_id: str) -> None:
        """Store the job, to be sent as any that is stored and unsent; a second time changes nothing."""
        await insert_sources(self._database["sources"], job_id, schedule["keys"])
        template = schedule["job"]
        document = job_document(
            user_id=schedule["user_id"],
            job_type=template["type"],
            priority=template["priority"],
            request=template["request"],
            settings=template["settings"],
            tags=template["tags"],
            metadata=dict(template["metadata"]),
        )
        await insert_job(self._jobs, job_id, document)

    async def advance(self, schedule: Document, next_at: datetime | None, job_id: str | None) -> None:
        """On to the time after, unless somebody has moved it already; `job_id` is that of a job just made."""
        made = {} if job_id is None else {"last_job_id": job_id}
        query = {"_id": schedule["_id"], "next_at": schedule["next_at"]}
        with database_errors():
            await self._schedules.update_one(query, {"$set": {"next_at": next_at, **made}})
