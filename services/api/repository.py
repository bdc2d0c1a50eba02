"""Queries of jobs and items, and the indexes of all that the API reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.api.records import (
    Account,
    Attempts,
    ErrorGroup,
    Idempotency,
    ItemChunk,
    ItemError,
    Job,
    NewJob,
    Outcome,
)
from services.api.waiting import explained
from shared import indexes, newjobs, tracing
from shared.blocks import find_blocks, marketplaces_of
from shared.ids import outcome_id
from shared.indexes import Indexes
from shared.jobs import ItemStatus, JobStatus, JobType
from shared.knownitems import found_of, known_items
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    database_errors,
)
from shared.quality import verdict_of
from shared.runs import cursors_of

CHUNK_ITEMS = 1_000
# No job has more items than a million.
LAST_SEQ = 1_000_000
WITHOUT_LEDGER = {"ledger": False, "expansion.next_url": False}

INDEXES: Indexes = {
    "jobs": (
        IndexModel([("user_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("tags", ASCENDING), ("_id", ASCENDING)]),
        IndexModel(
            [("user_id", ASCENDING), ("idempotency.key", ASCENDING)],
            unique=True,
            partialFilterExpression={"idempotency.key": {"$exists": True}},
        ),
    ),
    "items": (
        IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("first", ASCENDING)]),
        IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("last_seq", ASCENDING)]),
    ),
    "outcomes": (
        IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("status", ASCENDING), ("seq", ASCENDING)]),
        IndexModel(
            [("job_id", ASCENDING), ("lacking", ASCENDING)],
            partialFilterExpression={"lacking": {"$exists": True}},
        ),
    ),
    "products": (
        IndexModel([("user_id", ASCENDING), ("collected_at", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("price", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("title", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("job_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("price_changed_at", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("price_change_percent", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("analysis.margin_percent", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("analysis.category", DESCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("analysis.is_profitable", ASCENDING)]),
        IndexModel([("user_id", ASCENDING), ("favorite", DESCENDING), ("_id", ASCENDING)]),
    ),
    "price_history": (IndexModel([("marketplace", ASCENDING), ("asin", ASCENDING), ("n", DESCENDING)]),),
    "idempotency_keys": (IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),),
    "quotas": (IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),),
    "repricings": (
        IndexModel([("job_id", ASCENDING)]),
        IndexModel([("state", ASCENDING), ("requested_at", ASCENDING)]),
    ),
    "page_samples": (IndexModel([("at", DESCENDING), ("_id", DESCENDING)]),),
}


async def ensure_indexes(database: Database) -> None:
    """Create what the queries below rest on."""
    await indexes.ensure_indexes(database, INDEXES)


class MongoJobStore:
    """Jobs and their sources."""

    def __init__(self, database: Database) -> None:
        self._jobs: Collection = database["jobs"]
        self._paces: Collection = database["pace"]
        self._sources: Collection = database["sources"]

    async def insert_sources(self, job_id: str, keys: Sequence[str], first: int = 0) -> None:
        await newjobs.insert_sources(self._sources, job_id, keys, first)

    async def delete_sources(self, job_id: str, count: int) -> None:
        with database_errors():
            await self._sources.delete_many({"_id": {"$in": newjobs.source_ids(job_id, count)}})

    async def insert_job(self, job: NewJob) -> bool:
        return await newjobs.insert_job(self._jobs, job.id, _new_document(job))

    async def find_job(self, user_id: str, job_id: str) -> Job | None:
        with database_errors():
            document = await self._jobs.find_one({"_id": job_id, "user_id": user_id}, WITHOUT_LEDGER)
        return None if document is None else (await self._explained([document]))[0]

    async def find_job_by_key(self, user_id: str, key: str) -> Job | None:
        with database_errors():
            document = await self._jobs.find_one({"user_id": user_id, "idempotency.key": key}, WITHOUT_LEDGER)
        return None if document is None else _to_job(document)

    async def find_jobs(
        self,
        user_id: str,
        *,
        status: JobStatus | None,
        job_type: JobType | None,
        tag: str | None = None,
        before: str | None,
        limit: int,
    ) -> list[Job]:
        query: Document = {"user_id": user_id}
        if tag is not None:
            query["tags"] = tag
        if status is not None:
            query["status"] = str(status)
        if job_type is not None:
            query["type"] = str(job_type)
        if before is not None:
            query["_id"] = {"$lt": before}
        with database_errors():
            cursor = self._jobs.find(query, WITHOUT_LEDGER).sort("_id", DESCENDING).limit(limit)
            documents = await cursor.to_list(None)
        return await self._explained(documents)

    async def _explained(self, documents: Sequence[Document]) -> list[Job]:
        """The jobs, with what those that run wait for."""
        jobs = [_to_job(document) for document in documents]
        if not any(job.status is JobStatus.PROCESSING for job in jobs):
            return jobs
        blocks = await find_blocks(self._paces)
        pairs = zip(jobs, documents, strict=True)
        return [explained(job, marketplaces_of(document), blocks) for job, document in pairs]

    async def mark_submitted(self, job_id: str, run: int) -> None:
        with database_errors():
            await self._jobs.update_one(
                {"_id": job_id, "run": run, "submitted_at": None},
                {"$currentDate": {"submitted_at": True, "updated_at": True}},
            )


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
        query = {"job_id": job_id, "run": 1, "first": {"$gt": first - CHUNK_ITEMS, "$lte": last}}
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
            cursor = self._outcomes.find(_by_ids(job_id, run, seqs))
            return {document["seq"]: _to_outcome(document) async for document in cursor}

    async def find_finished(self, job_id: str, run: int, status: str, after: int, limit: int) -> list[int]:
        # In spans that grow: asked for all above `after`, a database may sort the rest of the job to give so few of it.
        found: list[int] = []
        span = 2 * limit
        while len(found) < limit and after < LAST_SEQ:
            query = {"job_id": job_id, "run": run, "status": status, "seq": {"$gt": after, "$lte": after + span}}
            with database_errors():
                cursor = self._outcomes.find(query, {"seq": True}).sort("seq", ASCENDING).limit(limit - len(found))
                found += [document["seq"] async for document in cursor]
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


_ACCOUNT = ("rev", "run", "status", "total_items", "success_count", "error_count", "ledger", "begun")


def _by_ids(job_id: str, run: int, seqs: Iterable[int]) -> Document:
    return {"_id": {"$in": [outcome_id(job_id, run, seq) for seq in seqs]}}


def _new_document(job: NewJob) -> Document:
    document = newjobs.job_document(
        user_id=job.user_id,
        job_type=str(job.type),
        priority=job.priority,
        request=job.request,
        settings=job.settings,
        tags=job.tags,
        metadata=job.metadata,
    )
    if job.idempotency is not None:
        document["idempotency"] = asdict(job.idempotency)
    return document


def _to_job(document: Document) -> Job:
    idempotency, selection = document.get("idempotency"), document.get("selection")
    return Job(
        id=document["_id"],
        user_id=document["user_id"],
        type=JobType(document["type"]),
        priority=document["priority"],
        request=document["request"],
        settings=document["settings"],
        idempotency=Idempotency(**idempotency) if idempotency else None,
        status=JobStatus(document["status"]),
        status_reason=document.get("status_reason"),
        run=document["run"],
        rev=document["rev"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        started_at=document.get("started_at"),
        completed_at=document.get("completed_at"),
        total_items=document.get("total_items"),
        progress=document["progress"],
        success_count=document["success_count"],
        error_count=document["error_count"],
        fed=document["fed"],
        error_message=document.get("error_message"),
        announced=document["announced"],
        found=found_of(document),
        news=tuple(document.get("news") or ()),
        kept=document.get("kept") or 0,
        run_items=document.get("run_items"),
        behind=selection["behind"] if selection else document["run"],
        choosing=selection is not None,
        stretch_at=document.get("stretch_at"),
        stretch_progress=document.get("stretch_progress") or 0,
        tags=tuple(document.get("tags", ())),
        metadata=dict(document.get("metadata", ())),
        trace_id=tracing.trace_id_of(document.get("traceparent")),
        quality=verdict_of(document),
        lanes={name: place for name, (place, _) in cursors_of(document).items()},
    )


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
