"""All queries about the items of later runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.expander.recount import Recount
from shared.chunks import find_keys
from shared.jobs import ItemStatus, JobStatus
from shared.mongo import ASCENDING, DESCENDING, Binary, Database, Document, database_errors, insert_new
from shared.runs import WHOLE
from shared.timeline import Timeline, entry

_COUNTS = dict.fromkeys(
    ("run", "rev", "total_items", "success_count", "error_count", "ledger", "selection", "chosen_up_to", "queued_at"), 1
)
_BOTH = [str(ItemStatus.SUCCEEDED), str(ItemStatus.FAILED)]


@dataclass(frozen=True)
class Ended:
    """The latest outcome of an item, and the run in which it had it."""

    run: int
    succeeded: bool
    code: str | None


class ChosenRepository:
    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._items = database["items"]
        self._outcomes = database["outcomes"]
        self._observations = database["observations"]
        self._timeline = Timeline(database)

    async def find_counts(self, job_id: str, run: int) -> Document | None:
        """The job as the runs before have left it, while the items of `run` are to be chosen."""
        with database_errors():
            return await self._jobs.find_one({**_choosing(job_id, run), "selection": {"$ne": None}}, _COUNTS)

    async def find_ended(self, job_id: str, before_run: int, span: range, *, succeeded_too: bool) -> dict[int, Ended]:
        """The latest outcomes, before a run, of the items of `span`; without `succeeded_too` those of items that
        succeeded in the first run are left out."""
        found: dict[int, Ended] = {}
        for run in range(WHOLE, before_run):
            statuses = _BOTH if succeeded_too or run > WHOLE else [str(ItemStatus.FAILED)]
            for document in await self._find_outcomes(job_id, run, span, statuses):
                succeeded = document["status"] == ItemStatus.SUCCEEDED
                found[document["seq"]] = Ended(run, succeeded, (document.get("error") or {}).get("code"))
        return found

    async def find_statuses_of(self, job_id: str, run: int, span: range) -> dict[int, ItemStatus]:
        """The outcomes of one run among the items of `span`."""
        documents = await self._find_outcomes(job_id, run, span, _BOTH)
        return {document["seq"]: ItemStatus(document["status"]) for document in documents}

    async def _find_outcomes(self, job_id: str, run: int, span: range, statuses: Sequence[str]) -> list[Document]:
        fields = {"seq": 1, "status": 1, "error.code": 1}
        found: list[Document] = []
        for status in statuses:  # one by one, as the index is made for it
            query = {"job_id": job_id, "run": run, "status": status, "seq": {"$gte": span.start, "$lt": span.stop}}
            with database_errors():
                found += await self._outcomes.find(query, fields).to_list(None)
        return found

    async def find_seen_before(self, job_id: str, span: range, before: datetime) -> list[int]:
        """The items of `span` whose product was last seen before that moment, in order."""
        keys = await find_keys(self._items, job_id, WHOLE, span)
        seqs: dict[str, list[int]] = {}
        for seq, key in keys.values():
            seqs.setdefault(key, []).append(seq)
        query = {"_id": {"$in": list(seqs)}, "observed_at": {"$lt": before}}
        with database_errors():
            old = await self._observations.find(query, {"_id": 1}).to_list(None)
        return sorted(seq for document in old for seq in seqs[document["_id"]])

    async def find_last_chosen(self, job_id: str, run: int) -> tuple[int, int]:
        """How many items are chosen so far, and the last of them (-1: none)."""
        query = {"job_id": job_id, "run": run}
        with database_errors():
            last = await self._items.find_one(query, {"keys": 0}, sort=[("first", DESCENDING)])
        return (0, -1) if last is None else (last["last"] + 1, last["seqs"][-1])

    async def insert_chosen(self, job_id: str, run: int, first: int, seqs: list[int]) -> list[int]:
        """Keep these items as those from place `first` on; returns those that an earlier try has kept there, if any."""
        if not seqs:
            return seqs
        keys = dict((await find_keys(self._items, job_id, WHOLE, seqs)).values())
        chunk = {
            "_id": f"{job_id}:{run}:{first}",
            "job_id": job_id,
            "run": run,
            "first": first,
            "last": first + len(seqs) - 1,
            "keys": [keys[seq] for seq in seqs],
            "seqs": seqs,
            "last_seq": seqs[-1],
        }
        if not await insert_new(self._items, [chunk]):
            return seqs
        with database_errors():
            kept = await self._items.find_one({"_id": chunk["_id"]}, {"seqs": 1})
        return list(kept["seqs"]) if kept is not None else seqs

    async def mark_chosen(self, job_id: str, run: int, up_to: int) -> None:
        """Everything up to this seq has been looked at."""
        update = {"$max": {"chosen_up_to": up_to}, "$currentDate": {"updated_at": True}}
        with database_errors():
            await self._jobs.update_one(_choosing(job_id, run), update)

    async def chosen(self, job_id: str, run: int) -> AsyncIterator[list[int]]:
        """The seqs of a run's items, chunk by chunk."""
        query = {"job_id": job_id, "run": run}
        with database_errors():
            async for chunk in self._items.find(query, {"seqs": 1}).sort("first", ASCENDING):
                yield chunk["seqs"]

    async def begin(self, job: Document, recount: Recount) -> bool:
        """Let the run begin with these counts; False when the job has changed since it was read."""
        values: Document = {
            "ledger": Binary(recount.ledger.to_bytes()),
            "success_count": recount.success_count,
            "error_count": recount.error_count,
            "progress": recount.progress,
            "kept": recount.progress,
            "run_items": recount.chosen_items,
            "stretch_progress": recount.progress,
        }
        told = f"{recount.chosen_items} items are tried again, {recount.progress} outcomes stay"
        changes: list[Document] = [
            {
                "$set": {
                    **{name: {"$literal": value} for name, value in values.items()},
                    "rev": {"$add": ["$rev", 1]},
                    "updated_at": "$$NOW",
                    "begun": {"$concatArrays": [{"$ifNull": ["$begun", []]}, ["$run"]]},
                    "untold": entry("begin", "expander", told),
                }
            },
            {"$unset": ["selection", "chosen_up_to"]},
        ]
        with database_errors():
            query = {**_choosing(job["_id"], job["run"]), "rev": job["rev"]}
            begun = (await self._jobs.update_one(query, changes)).matched_count == 1
        if begun:
            await self._timeline.publish(job["_id"])
        return begun


def _choosing(job_id: str, run: int) -> Document:
    return {"_id": job_id, "run": run, "status": str(JobStatus.PROCESSING)}
