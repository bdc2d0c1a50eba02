"""Retries of failures that are items: their message is not sent again, a new run of their job collects them.

Here is only noted what is asked for; the sweeper, which keeps the failure store, begins the run once the job has ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.ids import outcome_id
from shared.jobs import ItemStatus
from shared.mongo import Database, Document, database_errors
from shared.outcomes import find_statuses


class Item(NamedTuple):
    """An item, and the run in which it failed."""

    job_id: str
    run: int
    seq: int


def item_of(outcome: str) -> Item:
    """Of the id of an outcome."""
    job_id, run, seq = outcome.rsplit(":", 2)
    return Item(job_id, int(run), int(seq))


@dataclass
class Sorted:
    """Failures by what is to become of them; `asked` by job."""

    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    done: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def sort_out(items: Mapping[str, Item], runs: Mapping[str, int], statuses: Mapping[str, ItemStatus]) -> Sorted:
    """Pure. `items` by failure, `runs` are the jobs' present ones, `statuses` those of stored outcomes."""
    found = Sorted()
    for failure_id, item in items.items():
        if item.job_id not in runs:
            found.gone.append(failure_id)
            continue
        later = (outcome_id(item.job_id, run, item.seq) for run in range(runs[item.job_id], item.run, -1))
        latest = next((statuses[outcome] for outcome in later if outcome in statuses), ItemStatus.FAILED)
        if latest is ItemStatus.SUCCEEDED:
            found.done.append(failure_id)
        else:
            found.asked[item.job_id].append(failure_id)
    return found


class ItemRetries:
    def __init__(self, database: Database) -> None:
        self._failures = database["failures"]
        self._jobs = database["jobs"]
        self._outcomes = database["outcomes"]

    async def request(self, failures: Sequence[Document], by: str) -> tuple[int, int, int]:
        """How many are now asked for, how many have succeeded since and are forgotten, and of how many the job is gone.

        `failures` with their `item`; one that has been asked for already is not asked for again.
        """
        items = {failure["_id"]: item_of(failure["item"]) for failure in failures}
        runs = await self._runs({item.job_id for item in items.values()})
        found = sort_out(items, runs, await self._later_statuses(items, runs))
        asked = 0
        for job_id, ids in found.asked.items():
            asked += await self._ask(ids, {"retry_of": job_id, "retry_after_run": runs[job_id]}, by)
        with database_errors():
            query = {"_id": {"$in": found.done}, "retry_requested_at": None}
            done = (await self._failures.delete_many(query)).deleted_count
        return asked, int(done), len(found.gone)

    async def _runs(self, job_ids: set[str]) -> dict[str, int]:
        with database_errors():
            jobs = await self._jobs.find({"_id": {"$in": sorted(job_ids)}}, {"run": 1}).to_list(None)
        return {job["_id"]: job["run"] for job in jobs}

    async def _later_statuses(self, items: Mapping[str, Item], runs: Mapping[str, int]) -> dict[str, ItemStatus]:
        later = [
            outcome_id(item.job_id, run, item.seq)
            for item in items.values()
            for run in range(item.run + 1, runs.get(item.job_id, 0) + 1)
        ]
        return await find_statuses(self._outcomes, later) if later else {}

    async def _ask(self, ids: Sequence[str], how: Document, by: str) -> int:
        change: Document = {
            "$currentDate": {"retry_requested_at": True},
            "$set": {"retry_requested_by": by, "retry_error": None, **how},
            "$inc": {"retries": 1},
        }
        with database_errors():
            result = await self._failures.update_many({"_id": {"$in": list(ids)}, "retry_requested_at": None}, change)
        return int(result.modified_count)
