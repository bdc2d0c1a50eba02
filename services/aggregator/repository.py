"""All queries of the aggregator: its part of a job, read whole and written by compare-and-swap on `rev`."""

from __future__ import annotations

from services.aggregator.counting import JobCount
from shared.indexes import Indexes, ensure_indexes
from shared.job_events import EVENT_FIELDS
from shared.jobs import JobStatus, Step
from shared.mongo import ASCENDING, Binary, Database, Document, IndexModel, database_errors
from shared.quality import gate_of
from shared.runs import RUN_FIELDS, unresolved
from shared.transitions import Transitions
from shared.verdicts import judged

_ENDS = {JobStatus.COMPLETED: Step.COMPLETE, JobStatus.CANCELLED: Step.LEAVE}

INDEXES: Indexes = {"jobs": (IndexModel([("_id", ASCENDING), ("rev", ASCENDING)]),)}


COUNT_FIELDS = {
    **EVENT_FIELDS,
    **RUN_FIELDS,
    **dict.fromkeys(("ledger", "type", "created_at", "started_at", "told"), 1),
}


class AggregatorRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = database["jobs"]
        self._transitions = Transitions(database)

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_count(self, job_id: str) -> JobCount | None:
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, COUNT_FIELDS)
        if job is None:
            return None
        return JobCount(
            job_id=job_id,
            user_id=job["user_id"],
            run=job["run"],
            rev=job["rev"],
            status=JobStatus(job["status"]),
            total_items=job["total_items"],
            success_count=job["success_count"],
            error_count=job["error_count"],
            ledger=bytes(job.get("ledger", b"")),
            traceparent=job.get("traceparent"),
            type=job["type"],
            created_at=job["created_at"],
            started_at=job["started_at"],
            kept=job.get("kept") or 0,
            run_items=job.get("run_items"),
            choosing=job["total_items"] is not None and unresolved(job),
            gated=gate_of(job) is not None,
            told=told["percent"] if (told := job.get("told")) and told["run"] == job["run"] else None,
        )

    async def swap(self, before: JobCount, after: JobCount) -> bool:
        """Write `after` unless the job changed since `before` was read; False when it did, and nothing is written."""
        values: Document = {
            "ledger": Binary(after.ledger),
            "progress": after.progress,
            "success_count": after.success_count,
            "error_count": after.error_count,
        }
        if after.told is not None:
            values["told"] = {"run": after.run, "percent": after.told}
        if after.status != before.status:
            return await self._end(before, after, values)
        changes: Document = {"$set": {**values, "rev": after.rev}, "$currentDate": {"updated_at": True}}
        with database_errors():
            result = await self._jobs.update_one({"_id": before.job_id, "rev": before.rev}, changes)
        return bool(result.matched_count == 1)

    async def _end(self, before: JobCount, after: JobCount, values: Document) -> bool:
        left_out = (after.total_items or 0) - after.progress
        reason = f"{left_out} items were left out of its last run" if left_out else None
        return await self._transitions.take(
            before.job_id,
            _ENDS[after.status],
            where={"rev": before.rev},
            actor="aggregator",
            reason=reason,
            values={**values, "status_reason": reason},
        )

    async def judge(self, job_id: str) -> Document | None:
        """The ended job with the verdict on its quality; None when it is gone."""
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, EVENT_FIELDS)
        return None if job is None else await judged(self._database, job)

    async def mark_announced(self, job_id: str, run: int) -> None:
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, {"$set": {"announced": True}})
