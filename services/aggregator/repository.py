"""All queries of the aggregator: its part of a job, read whole and written by compare-and-swap on `rev`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.aggregator.counting import Change, JobCount
from shared.indexes import Indexes, ensure_indexes
from shared.job_events import EVENT_FIELDS
from shared.jobs import JobStatus, Step
from shared.mongo import ASCENDING, Binary, Database, Document, IndexModel, UpdateOne, database_errors
from shared.quality import gate_of
from shared.runs import RUN_FIELDS, unresolved
from shared.transitions import Transitions, taking
from shared.verdicts import judged

_ENDS = {JobStatus.COMPLETED: Step.COMPLETE, JobStatus.CANCELLED: Step.LEAVE}

# For swaps and steps; an update that has a condition without an index makes the stand-in look at all jobs.
INDEXES: Indexes = {
    "jobs": (IndexModel([("_id", ASCENDING), ("rev", ASCENDING), ("run", ASCENDING), ("status", ASCENDING)]),)
}


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

    async def find_counts(self, job_ids: Collection[str]) -> dict[str, JobCount]:
        """Of those of the jobs that there are."""
        with database_errors():
            jobs = await self._jobs.find({"_id": {"$in": list(job_ids)}}, COUNT_FIELDS).to_list(None)
        return {job["_id"]: _count(job) for job in jobs}

    async def swap(self, changes: Sequence[Change]) -> set[str]:
        """Write each `after` unless its job changed since `before` was read; the jobs that did, of which nothing is
        written.

        Of a job into which somebody else has written the very same meanwhile either may be told.
        """
        with database_errors():
            result = await self._jobs.bulk_write([_swap(change) for change in changes], ordered=False)
        lost = await self._lost(changes, result.matched_count)
        ended = {change.job_id: _ENDS[change.after.status] for change in changes if change.ends}
        if taken := {job_id: step for job_id, step in ended.items() if job_id not in lost}:
            await self._transitions.taken(taken)
        return lost

    async def _lost(self, changes: Sequence[Change], written: int) -> set[str]:
        """A bulk tells how many it has written, not which."""
        if written == len(changes):
            return set()
        ids = {change.job_id for change in changes}
        stored = await self.find_counts(ids) if written else {}
        return ids - {change.job_id for change in changes if stored.get(change.job_id) == change.after}

    async def judge(self, job_id: str) -> Document | None:
        """The ended job with the verdict on its quality; None when it is gone."""
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, EVENT_FIELDS)
        return None if job is None else await judged(self._database, job)

    async def mark_announced(self, counts: Sequence[JobCount]) -> None:
        """The broker has the final events of these runs."""
        marks = [UpdateOne({"_id": c.job_id, "run": c.run}, {"$set": {"announced": True}}) for c in counts]
        with database_errors():
            await self._jobs.bulk_write(marks, ordered=False)


def _count(job: Document) -> JobCount:
    return JobCount(
        job_id=job["_id"],
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


def _swap(change: Change) -> UpdateOne:
    before, after = change.before, change.after
    values: Document = {
        "ledger": Binary(after.ledger),
        "progress": after.progress,
        "success_count": after.success_count,
        "error_count": after.error_count,
    }
    if after.told is not None:
        values["told"] = {"run": after.run, "percent": after.told}
    if not change.ends:
        changes: Document = {"$set": {**values, "rev": after.rev}, "$currentDate": {"updated_at": True}}
        return UpdateOne({"_id": before.job_id, "rev": before.rev}, changes)
    left_out = (after.total_items or 0) - after.progress
    reason = f"{left_out} items were left out of its last run" if left_out else None
    return taking(
        before.job_id,
        _ENDS[after.status],
        where={"run": before.run, "rev": before.rev},
        actor="aggregator",
        reason=reason,
        values={**values, "status_reason": reason},
    )
