"""A job's timeline: what was done to it, when and by whom.

An entry is written into the job by the same write that does what it tells of, so that there is neither one without the
other; then it moves to the collection `job_events` under an id that a second try meets again.
"""

from __future__ import annotations

from typing import Any

from shared.mongo import Database, Document, UpdateOne, database_errors, insert_new

# Sorts as text the way revisions sort as numbers.
REV_DIGITS = 12


def entry(kind: str, actor: str, reason: str | None, *, to: str | None = None, run: int | None = None) -> Any:
    """An update expression for the field `untold`: the job's entries so far, and this one.

    To be used beside one that raises `rev` by one. `to` and `run` are the job's own when they do not change.
    """
    rev = {"$add": ["$rev", 1]}
    told = {
        "rev": rev,
        "at": "$$NOW",
        "kind": {"$literal": kind},
        "from": "$status",
        "to": "$status" if to is None else {"$literal": to},
        "run": "$run" if run is None else {"$literal": run},
        "reason": {"$literal": reason},
        "actor": {"$literal": actor},
    }
    return {"$concatArrays": [{"$ifNull": ["$untold", []]}, [told]]}


class Timeline:
    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._events = database["job_events"]

    async def publish(self, *job_ids: str) -> None:
        """Move the entries that wait in the jobs to the collection; may be repeated, and by several at once."""
        waiting = await self._find_untold(*job_ids)
        if not waiting:
            return
        entries = [_document(job_id, told) for job_id, untold in waiting.items() for told in untold]
        await insert_new(self._events, entries)
        with database_errors():
            await self._jobs.bulk_write([_told(job_id, untold) for job_id, untold in waiting.items()], ordered=False)

    async def find(self, job_id: str, after: int, limit: int) -> list[Document]:
        """Up to `limit` entries of revisions above `after`, oldest first, those included that still wait in the job."""
        query = {"_id": {"$gt": _id(job_id, after), "$lt": f"{job_id};"}}
        untold = (await self._find_untold(job_id)).get(job_id, [])
        waiting = [_document(job_id, told) for told in untold if told["rev"] > after]
        with database_errors():
            moved = await self._events.find(query).sort("_id", 1).limit(limit).to_list(None)
        entries = {document["_id"]: document for document in [*waiting, *moved]}
        return [entries[identity] for identity in sorted(entries)][:limit]

    async def _find_untold(self, *job_ids: str) -> dict[str, list[Document]]:
        """Of the jobs in which entries wait."""
        with database_errors():
            jobs = await self._jobs.find({"_id": {"$in": job_ids}}, {"untold": 1}).to_list(None)
        return {job["_id"]: job["untold"] for job in jobs if job.get("untold")}


def _told(job_id: str, untold: list[Document]) -> UpdateOne:
    return UpdateOne({"_id": job_id}, {"$pull": {"untold": {"rev": {"$lte": untold[-1]["rev"]}}}})


def _document(job_id: str, told: Document) -> Document:
    return {"_id": _id(job_id, told["rev"]), "job_id": job_id, **told}


def _id(job_id: str, rev: int) -> str:
    return f"{job_id}:{rev:0{REV_DIGITS}d}"
