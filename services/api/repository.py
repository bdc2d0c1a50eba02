"""Queries of jobs, and the indexes of all that the API reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from services.api.records import Idempotency, Job, NewJob
from services.api.waiting import explained
from services.api.words import field, holding
from shared import indexes, newjobs, tracing
from shared.blocks import find_blocks, marketplaces_of
from shared.indexes import Indexes
from shared.jobs import JobStatus, JobType
from shared.knownitems import found_of
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

WITHOUT_LEDGER = {"ledger": False, "expansion.next_url": False}

# Of what a user may have so many of; older documents have no place.
_ONE_A_PLACE = IndexModel(
    [("user_id", ASCENDING), ("place", ASCENDING)],
    unique=True,
    partialFilterExpression={"place": {"$exists": True}},
)
INDEXES: Indexes = {
    "jobs": (
        # For marks on runs: the stand-in looks at all jobs for an update whose conditions no index has.
        IndexModel([("_id", ASCENDING), ("run", ASCENDING), ("submitted_at", ASCENDING)]),
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
        IndexModel(
            [("user_id", ASCENDING), ("resale.selling_price_krw", ASCENDING)],
            partialFilterExpression={"resale.selling_price_krw": {"$exists": True}},
        ),
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
    "schedules": (_ONE_A_PLACE,),
    "webhooks": (_ONE_A_PLACE,),
}


def _joined(name: str, of: Any) -> Document:
    """The texts of a list that a document may lack, a line each."""
    line = {"$concat": ["$$value", of, "\n"]}
    return {"$reduce": {"input": {"$ifNull": [f"${name}", []]}, "initialValue": "", "in": line}}


# What people look for a job by. Of all jobs of a user, as no index finds a part of a word.
_SEARCHED = (
    *("$_id", field("request.keyword"), field("request.url")),
    _joined("tags", "$$this"),
    _joined("metadata", {"$arrayElemAt": ["$$this", 0]}),
    _joined("metadata", {"$arrayElemAt": ["$$this", 1]}),
)


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

    async def insert_job(self, job: NewJob) -> Job | None:
        stored = await newjobs.insert_job(self._jobs, job.id, _new_document(job))
        return None if stored is None else _to_job(stored)

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
        q: str | None = None,
        before: str | None,
        limit: int,
    ) -> list[Job]:
        query: Document = {"user_id": user_id}
        if tag is not None:
            query["tags"] = tag
        if words := (q or "").split():
            query["$and"] = [holding(word, _SEARCHED) for word in words]
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
