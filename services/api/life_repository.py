"""What the API writes of a job's life after it was submitted."""

from __future__ import annotations

from typing import Any

from services.api.records import Job, TimelineEntry
from services.api.repository import MongoJobStore
from shared.job_events import EVENT_FIELDS
from shared.jobdeletion import delete_job
from shared.jobnews import mark_told, to_be_told
from shared.jobs import LIVE, USER, JobStatus, JobType, Step
from shared.laterruns import begin_run
from shared.mongo import Database, Document, database_errors
from shared.selection import Selection
from shared.timeline import Timeline, entry
from shared.transitions import Transitions
from shared.verdicts import judged

CANCELLED_UNBEGUN = "Cancelled by its user before it was begun"
CANCELLED_UNKNOWN = "Cancelled by its user before all its products were found out"
_CANCELLED: Document = {
    "$cond": [
        {"$gte": ["$total_items", 0]},
        "Cancelled by its user",
        {"$cond": [{"$eq": ["$type", str(JobType.BULK_ASIN)]}, CANCELLED_UNBEGUN, CANCELLED_UNKNOWN]},
    ]
}


class MongoLifeStore(MongoJobStore):
    """Jobs, and every step that their users take with them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database
        self._transitions = Transitions(database)
        self._timeline = Timeline(database)

    async def mark_cancelled(self, user_id: str, job_id: str) -> bool:
        return await self._take(user_id, job_id, Step.CANCEL, computed={"status_reason": _CANCELLED})

    async def mark_paused(self, user_id: str, job_id: str) -> bool:
        computed = {
            "paused_at": {"$ifNull": ["$paused_at", "$$NOW"]},
            "pauses": {"$add": [{"$ifNull": ["$pauses", 0]}, 1]},
            **to_be_told(Step.PAUSE),
        }
        values = {"status_reason": "Paused by its user"}
        return await self._take(user_id, job_id, Step.PAUSE, values=values, computed=computed)

    async def mark_resumed(self, user_id: str, job_id: str) -> bool:
        computed = {"queued_at": "$$NOW", **to_be_told(Step.RESUME)}
        return await self._take(user_id, job_id, Step.RESUME, values={"submitted_at": None}, computed=computed)

    async def _take(self, user_id: str, job_id: str, step: Step, **changes: Any) -> bool:
        return await self._transitions.take(job_id, step, where={"user_id": user_id}, actor=USER, **changes)

    async def judge(self, job: Job) -> Job | None:
        with database_errors():
            stored = await self._jobs.find_one({"_id": job.id, "user_id": job.user_id}, EVENT_FIELDS)
        if stored is not None:
            await judged(self._database, stored)
        return await self.find_job(job.user_id, job.id)

    async def mark_announced(self, job_id: str, run: int) -> None:
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, {"$set": {"announced": True}})

    async def mark_told(self, job_id: str, rev: int) -> None:
        await mark_told(self._jobs, job_id, rev)

    async def begin_run(self, job: Job, selection: Selection | None, max_age_seconds: int | None) -> bool:
        settings = None
        if max_age_seconds is not None:
            asked = min(max_age_seconds, job.settings.get("max_age_seconds", max_age_seconds))
            settings = {**job.settings, "max_age_seconds": asked}
        where = {"user_id": job.user_id, "rev": job.rev}
        return await begin_run(
            self._transitions, job.id, job.run + 1, selection, where=where, actor=USER, settings=settings
        )

    async def set_priority(self, job: Job, priority: str) -> bool:
        query = {
            "_id": job.id,
            "user_id": job.user_id,
            "run": job.run,
            "status": {"$in": sorted(LIVE)},
            "priority": job.priority,
        }
        changes = {
            "priority": {"$literal": priority},
            "rev": {"$add": ["$rev", 1]},
            "untold": entry("priority", USER, f"from {job.priority} to {priority}"),
        }
        with database_errors():
            changed = (await self._jobs.update_one(query, [{"$set": changes}])).matched_count == 1
        if changed:
            await self._timeline.publish(job.id)
        return changed

    async def has_failed(self, job: Job, codes: tuple[str, ...] | None) -> bool:
        outcomes = self._database["outcomes"]
        query: Document = {"job_id": job.id, "run": {"$lte": job.run}, "status": "failed"}
        if codes is not None:
            query["error.code"] = {"$in": list(codes)}
        with database_errors():
            return await outcomes.find_one(query, {"_id": 1}) is not None

    async def delete_job(self, job: Job) -> bool:
        return await delete_job(self._database, job.id, job.user_id, job.rev)

    async def was_deleted(self, user_id: str, job_id: str) -> bool:
        with database_errors():
            query = {"_id": job_id, "user_id": user_id}
            return await self._database["deletions"].find_one(query, {"_id": 1}) is not None

    async def find_timeline(self, job: Job, after: int, limit: int) -> list[TimelineEntry]:
        found = [_to_entry(document) for document in await self._timeline.find(job.id, after, limit)]
        return [_submitted(job), *found][:limit] if after < 0 else found


def _submitted(job: Job) -> TimelineEntry:
    """A job's document is the record of its being made."""
    return TimelineEntry(
        rev=0,
        at=job.created_at,
        kind="submit",
        before=None,
        after=JobStatus.PENDING,
        run=1,
        reason=None,
        actor=USER,
    )


def _to_entry(document: Document) -> TimelineEntry:
    return TimelineEntry(
        rev=document["rev"],
        at=document["at"],
        kind=document["kind"],
        before=JobStatus(document["from"]),
        after=JobStatus(document["to"]),
        run=document["run"],
        reason=document["reason"],
        actor=document["actor"],
    )
