"""Gives the verdict on an ended job's quality: once a run, by whoever is about to tell of its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shared.ids import outcome_id
from shared.job_events import EVENT_FIELDS
from shared.jobs import TERMINAL, ItemStatus
from shared.knownitems import known_items
from shared.ledger import Ledger
from shared.mongo import Database, Document, database_errors
from shared.quality import gate_of, judge, verdict_of

BLOCK = 1_000
_ENDED = {"$in": sorted(TERMINAL)}


async def judged(database: Database, job: Document) -> Document:
    """The ended job as its final event tells it, with the verdict if its user has asked for one.

    The first verdict on a run stands. It rests on counts and outcomes as they were read together: of a job that was cut
    short, what was still under way is not in it.
    """
    if gate_of(job) is None or verdict_of(job) is not None:
        return job
    where = {"_id": job["_id"], "run": job["run"], "status": _ENDED}
    with database_errors():
        found = await database["jobs"].find_one(where, {**EVENT_FIELDS, "ledger": 1})
    gate = None if found is None else gate_of(found)
    if found is None or gate is None or verdict_of(found) is not None:
        return job if found is None else found
    lacks = await _lacks(database, found) if gate["min_coverage"] else {}
    quality = judge(gate, known_items(found) or 0, found["success_count"], lacks)
    changes: Document = {
        "$set": {"quality": {"run": found["run"], **quality.model_dump(mode="json")}},
        "$inc": {"rev": 1},
        "$currentDate": {"updated_at": True},
    }
    with database_errors():
        await database["jobs"].update_one({**where, "quality.run": {"$ne": found["run"]}}, changes)
        return await database["jobs"].find_one(where, EVENT_FIELDS) or job


async def _lacks(database: Database, job: Document) -> Counter[str]:
    """How many items lack each field, of those counted, by their latest outcome."""
    ledger = Ledger(bytes(job.get("ledger") or b""), job["total_items"] or 0)
    lacks: Counter[str] = Counter()
    for run in range(1, job["run"] + 1):
        query = {"job_id": job["_id"], "run": run, "status": str(ItemStatus.SUCCEEDED), "lacking": {"$exists": True}}
        block: list[Document] = []
        with database_errors():
            async for outcome in database["outcomes"].find(query, {"seq": 1, "lacking": 1}):
                if ledger.has(outcome["seq"]):
                    block.append(outcome)
                if len(block) == BLOCK:
                    lacks += await _latest(database, job, run, block)
                    block = []
            lacks += await _latest(database, job, run, block)
    return lacks


async def _latest(database: Database, job: Document, run: int, outcomes: Sequence[Document]) -> Counter[str]:
    """Of those of `run` that no later run has taken up."""
    later = range(run + 1, job["run"] + 1)
    ids = [outcome_id(job["_id"], again, outcome["seq"]) for outcome in outcomes for again in later]
    taken: set[int] = set()
    if ids:
        found = database["outcomes"].find({"_id": {"$in": ids}}, {"seq": 1})
        taken = {outcome["seq"] async for outcome in found}
    return Counter(name for outcome in outcomes if outcome["seq"] not in taken for name in outcome["lacking"])
