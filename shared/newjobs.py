"""A job as it is first stored, with what it is about: by the API when asked, by the sweeper when a schedule is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared import tracing
from shared.jobs import JobStatus
from shared.mongo import Collection, Document, DuplicateKeyError, ReturnDocument, database_errors, insert_new

# Products that one stored chunk of a job's sources names.
SOURCE_KEYS = 1_000
# A chunk of sources takes about 25 kB, so that one insert stays under 3 MB.
SOURCES_PER_INSERT = 100


def job_document(
    *,
    user_id: str,
    job_type: str,
    priority: str,
    request: Mapping[str, Any],
    settings: Mapping[str, Any],
    tags: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
) -> Document:
    """All but the id and the times, which are the database's."""
    document: Document = {
        "user_id": user_id,
        "type": job_type,
        "priority": priority,
        "request": dict(request),
        "settings": dict(settings),
        "status": str(JobStatus.PENDING),
        "status_reason": None,
        "run": 1,
        "rev": 0,
        "submitted_at": None,
        "started_at": None,
        "completed_at": None,
        "total_items": None,
        "progress": 0,
        "success_count": 0,
        "error_count": 0,
        "fed": 0,
        "error_message": None,
        "announced": False,
    }
    if tags:
        document["tags"] = list(tags)
    if metadata:
        # As pairs: a name may hold what a field's name may not.
        document["metadata"] = [[name, value] for name, value in metadata.items()]
    return document


async def insert_job(jobs: Collection, job_id: str, document: Document) -> Document | None:
    """Store a PENDING job that is still to be sent; a second time changes nothing.

    Returns it as it is stored, or None when another has its key.
    """
    # An upsert, because only an update can take its times from the database's clock; nobody else knows the id.
    update = {
        "$setOnInsert": {**document, "traceparent": tracing.current()},
        "$currentDate": {"created_at": True, "queued_at": True, "updated_at": True},
    }
    with database_errors():
        try:
            return await jobs.find_one_and_update(
                {"_id": job_id}, update, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            # Our own id is taken when an earlier try of the driver arrived after all.
            return await jobs.find_one({"_id": job_id})


def source_ids(job_id: str, count: int, first: int = 0) -> list[str]:
    return [f"{job_id}:{first + n}" for n in range(-(-count // SOURCE_KEYS))]


async def insert_sources(sources: Collection, job_id: str, keys: Sequence[str], first: int = 0) -> None:
    """Store what a job is about, from its chunk `first` on; a second time changes nothing."""
    ids = source_ids(job_id, len(keys), first)
    now = datetime.now(UTC)  # for retention only, which counts in days
    for start in range(0, len(ids), SOURCES_PER_INSERT):
        documents = [
            {
                "_id": ids[n],
                "job_id": job_id,
                "n": first + n,
                "keys": list(keys[n * SOURCE_KEYS : (n + 1) * SOURCE_KEYS]),
                "created_at": now,
            }
            for n in range(start, min(start + SOURCES_PER_INSERT, len(ids)))
        ]
        await insert_new(sources, documents)
