"""All queries about who of a user's jobs runs and who waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from services.expander.admission import Claim, Standing
from services.expander.repository import JOB_FIELDS
from shared.jobs import PRIORITIES, JobStatus, Step
from shared.mongo import Database, Document, database_errors, insert_new
from shared.transitions import Transitions

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


class AdmissionRepository:
    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._admissions = database["admissions"]
        self._transitions = Transitions(database)

    async def find_job(self, job_id: str) -> Document | None:
        with database_errors():
            return await self._jobs.find_one({"_id": job_id}, JOB_FIELDS)

    async def find_claims(self, user_id: str) -> tuple[int, list[Claim]]:
        while True:
            with database_errors():
                kept = await self._admissions.find_one({"_id": user_id})
            if kept is not None:
                return kept["rev"], [Claim(claim["job_id"], claim["rev"]) for claim in kept["claims"]]
            if not await insert_new(self._admissions, [{"_id": user_id, "rev": 0, "claims": []}]):
                return 0, []

    async def find_standings(self, user_id: str, job_ids: Collection[str]) -> dict[str, Standing]:
        found: list[Document] = []
        queries: list[Document] = [{"user_id": user_id, "status": str(JobStatus.PROCESSING)}]
        if job_ids:
            queries.append({"_id": {"$in": list(job_ids)}})  # the later look counts
        for query in queries:
            with database_errors():
                found += await self._jobs.find(query, {"status": 1, "rev": 1}).to_list(None)
        return {job["_id"]: Standing(JobStatus(job["status"]), job["rev"]) for job in found}

    async def count_first(self, job: Document, beside: Collection[str], most: int) -> int:
        waiting = {"user_id": job["user_id"], "status": str(JobStatus.PENDING)}
        first = 0
        for priority in PRIORITIES[: PRIORITIES.index(job["priority"]) + 1]:
            before = {"_id": {"$lt": job["_id"]}} if priority == job["priority"] else {}
            found = self._jobs.find({**waiting, "priority": priority, **before}, {"_id": 1})
            with database_errors():
                ids = {job["_id"] async for job in found.limit(most - first + len(beside))}
            first += len(ids.difference(beside))
            if first >= most:
                break
        return min(first, most)

    async def swap_claims(self, user_id: str, rev: int, claims: Sequence[Claim]) -> bool:
        written = [{"job_id": claim.job_id, "rev": claim.rev} for claim in claims]
        with database_errors():
            result = await self._admissions.update_one(
                {"_id": user_id, "rev": rev}, {"$set": {"claims": written, "rev": rev + 1}}
            )
        return bool(result.matched_count == 1)

    async def start(self, job: Document) -> bool:
        return await self._transitions.take(
            job["_id"],
            Step.START,
            where={"run": job["run"], "rev": job["rev"]},
            actor="expander",
            computed=STARTED,
            dropped=("paused_at",),
        )

    async def mark_waiting(self, job_id: str, reason: str) -> None:
        update = {"$set": {"status_reason": reason}, "$currentDate": {"updated_at": True}}
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "status": str(JobStatus.PENDING)}, update)
