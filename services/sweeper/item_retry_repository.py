"""All queries about items that operators want collected again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.ids import outcome_id
from shared.jobs import ItemStatus
from shared.laterruns import begin_run
from shared.mongo import ASCENDING, Database, Document, database_errors
from shared.outcomes import find_statuses
from shared.selection import Selection
from shared.transitions import Transitions

_ASKED: Document = {"retry_requested_at": {"$ne": None}, "item": {"$ne": None}}


class ItemRetryRepository:
    def __init__(self, database: Database) -> None:
        self._failures = database["failures"]
        self._jobs = database["jobs"]
        self._items = database["items"]
        self._outcomes = database["outcomes"]
        self._transitions = Transitions(database)

    async def find_jobs_asked_for(self) -> list[str]:
        """The jobs of all items that are to be collected again, by id."""
        with database_errors():
            steps: list[Document] = [{"$match": _ASKED}, {"$group": {"_id": "$retry_of"}}]
            found = await self._failures.aggregate(steps).to_list(None)
        return sorted(each["_id"] for each in found)

    async def find_asked(self, job_id: str, limit: int) -> list[Document]:
        """A job's failures to be retried: `item`, and the run that the job had then (`retry_after_run`)."""
        with database_errors():
            found = self._failures.find({**_ASKED, "retry_of": job_id}, {"item": 1, "retry_after_run": 1})
            return await found.sort("retry_requested_at", ASCENDING).limit(limit).to_list(None)

    async def find_job(self, job_id: str) -> Document | None:
        with database_errors():
            return await self._jobs.find_one({"_id": job_id}, {"run": 1, "rev": 1, "status": 1, "selection": 1})

    async def find_taken_up(self, job_id: str, after_run: int, seqs: Collection[int]) -> set[int]:
        """Those of these items that a run above `after_run` has collected, or was to collect."""
        wanted, found = set(seqs), set[int]()
        with database_errors():
            async for chunk in self._items.find({"job_id": job_id, "run": {"$gt": after_run}}, {"seqs": 1}):
                found |= wanted.intersection(chunk["seqs"])
        return found

    async def find_succeeded(self, job_id: str, run: int, seqs: Collection[int]) -> set[int]:
        """Those of these items whose latest outcome, up to `run`, is a success."""
        left, found = set(seqs), set[int]()
        for earlier in range(run, 0, -1):
            ids = {outcome_id(job_id, earlier, seq): seq for seq in left}
            statuses = await find_statuses(self._outcomes, list(ids))
            found |= {ids[identity] for identity, status in statuses.items() if status == ItemStatus.SUCCEEDED}
            left -= {ids[identity] for identity in statuses}
        return found

    async def begin_run(self, job: Document, selection: Selection, reason: str) -> bool:
        """Put the job back into the queue with its next run; False when it has changed since it was read."""
        return await begin_run(
            self._transitions,
            job["_id"],
            job["run"] + 1,
            selection,
            where={"rev": job["rev"]},
            actor="sweeper",
            reason=reason,
        )

    async def forget(self, failures: Sequence[Document]) -> None:
        with database_errors():
            await self._failures.delete_many({"_id": {"$in": [failure["_id"] for failure in failures]}, **_ASKED})
