"""Queries of a job's items, their outcomes and what happened to them so far."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from services.api.records import Account, Attempts, ErrorGroup, ItemChunk, ItemError, Outcome
from shared import newjobs
from shared.chunks import reaching
from shared.ids import outcome_id
from shared.jobs import ItemStatus, JobStatus
from shared.knownitems import known_items
from shared.mongo import ASCENDING, Collection, Database, Document, database_errors

# No job has more items than a million.
LAST_SEQ = 1_000_000
_ACCOUNT = ("rev", "run", "status", "total_items", "success_count", "error_count", "ledger", "begun")


class MongoItemStore:
    """Items, their outcomes and what happened to them so far."""

    def __init__(self, database: Database) -> None:
        self._jobs: Collection = database["jobs"]
        self._items: Collection = database["items"]
        self._sources: Collection = database["sources"]
        self._outcomes: Collection = database["outcomes"]
        self._attempts: Collection = database["attempts"]

    async def find_ledger(self, job_id: str) -> bytes:
        with database_errors():
            document = await self._jobs.find_one({"_id": job_id}, {"ledger": True})
        return bytes((document or {}).get("ledger") or b"")

    async def find_keys(self, job_id: str, first: int, last: int) -> dict[int, str]:
        # A chunk that reaches into the range begins at most a chunk's length before it: a bounded walk of the index.
        query = {"job_id": job_id, "run": 1, "first": {**reaching(first), "$lte": last}}
        with database_errors():
            stored = {
                seq: key
                async for chunk in self._items.find(query)
                for seq, key in enumerate(chunk["keys"], chunk["first"])
                if first <= seq <= last
            }
        return stored if len(stored) > last - first else {**await self._named_keys(job_id, first, last), **stored}

    async def _named_keys(self, job_id: str, first: int, last: int) -> dict[int, str]:
        """What a list names, whether or not it has been made items yet."""
        size = newjobs.SOURCE_KEYS
        ids = newjobs.source_ids(job_id, (last // size - first // size + 1) * size, first // size)
        with database_errors():
            return {
                seq: key
                async for chunk in self._sources.find({"_id": {"$in": ids}})
                for seq, key in enumerate(chunk["keys"], chunk["n"] * size)
                if first <= seq <= last
            }

    async def find_places(self, job_id: str, run: int, first: int, last: int) -> dict[int, int]:
        # Chunks are in the order of their seqs, so that those wanted follow one another.
        query = {"job_id": job_id, "run": run, "last_seq": {"$gte": first}}
        found: dict[int, int] = {}
        with database_errors():
            async for chunk in self._items.find(query, {"keys": False}).sort("last_seq", ASCENDING).batch_size(2):
                if chunk["seqs"][0] > last:
                    break
                pairs = enumerate(chunk["seqs"], chunk["first"])
                found.update((seq, place) for place, seq in pairs if first <= seq <= last)
        return found

    async def find_outcomes(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Outcome]:
        with database_errors():
            found = await self._outcomes.find(_by_ids(job_id, run, seqs)).to_list(None)
        return {document["seq"]: _to_outcome(document) for document in found}

    async def find_finished(self, job_id: str, run: int, status: str, after: int, limit: int) -> list[int]:
        # In spans that grow: asked for all above `after`, a database may sort the rest of the job to give so few of it.
        found: list[int] = []
        span = 2 * limit
        while len(found) < limit and after < LAST_SEQ:
            query = {"job_id": job_id, "run": run, "status": status, "seq": {"$gt": after, "$lte": after + span}}
            with database_errors():
                cursor = self._outcomes.find(query, {"seq": True}).sort("seq", ASCENDING).limit(limit - len(found))
                found += [document["seq"] for document in await cursor.to_list(None)]
            after, span = after + span, 4 * span
        return found

    async def find_attempts(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Attempts]:
        with database_errors():
            cursor = self._attempts.find(_by_ids(job_id, run, seqs))
            found = [_to_attempts(document) async for document in cursor]
        return {attempts.seq: attempts for attempts in found}

    async def count_failures(self, job_id: str, run: int) -> list[ErrorGroup]:
        group = {
            "_id": {"code": "$error.code", "retryable": "$error.retryable"},
            "count": {"$sum": 1},
            "message": {"$first": "$error.message"},
        }
        failed = {"job_id": job_id, "run": run, "status": str(ItemStatus.FAILED)}
        steps: list[Document] = [{"$match": failed}, {"$group": group}]
        with database_errors():
            found = [_to_group(document) async for document in self._outcomes.aggregate(steps)]
        return sorted(found, key=lambda group: (-group.count, group.code))

    async def find_account(self, job_id: str) -> Account | None:
        wanted = (*_ACCOUNT, "type", "request", "expansion")
        with database_errors():
            document = await self._jobs.find_one({"_id": job_id}, dict.fromkeys(wanted, True))
        return None if document is None else _to_account(document)

    async def find_chunks(self, job_id: str, run: int) -> AsyncIterator[ItemChunk]:
        fields = {"first": True, "last": True, "seqs": True, "count": {"$size": "$keys"}}
        match: Document = {"job_id": job_id, "run": run}
        steps: list[Document] = [{"$match": match}, {"$sort": {"first": ASCENDING}}, {"$project": fields}]
        with database_errors():
            async for d in self._items.aggregate(steps):
                yield ItemChunk(first=d["first"], last=d["last"], count=d["count"], seqs=d.get("seqs"))


def _by_ids(job_id: str, run: int, seqs: Iterable[int]) -> Document:
    return {"_id": {"$in": [outcome_id(job_id, run, seq) for seq in seqs]}}


def _to_error(error: Mapping[str, Any] | None) -> ItemError | None:
    return None if error is None else ItemError(**{name: error[name] for name in ("code", "message", "retryable")})


def _to_group(document: Document) -> ErrorGroup:
    kind = document["_id"]
    return ErrorGroup(
        code=kind.get("code") or "unknown",
        retryable=bool(kind.get("retryable")),
        count=document["count"],
        message=document["message"] or "",
    )


def _to_account(document: Document) -> Account:
    return Account(
        rev=document["rev"],
        run=document["run"],
        status=JobStatus(document["status"]),
        total_items=document["total_items"],
        success_count=document["success_count"],
        error_count=document["error_count"],
        ledger=bytes(document.get("ledger") or b""),
        begun=tuple(document.get("begun") or ()),
        known_items=known_items(document) if document["total_items"] is None else None,
    )


def _to_outcome(document: Document) -> Outcome:
    return Outcome(
        run=document["run"],
        seq=document["seq"],
        succeeded=document["status"] == "succeeded",
        attempts=document["attempts"],
        error=_to_error(document.get("error")),
        origin=document.get("origin"),
        processed_at=document["processed_at"],
    )


def _to_attempts(document: Document) -> Attempts:
    seq = int(document["_id"].rpartition(":")[2])
    return Attempts(
        seq=seq,
        attempts=document["attempts"],
        error=_to_error(document.get("error")),
        next_attempt_at=document.get("next_attempt_at"),
    )
