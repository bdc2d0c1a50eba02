"""Ending a job as FAILED, alike for every service that may."""

from __future__ import annotations

from shared.job_events import EVENT_FIELDS
from shared.jobs import JobStatus, before
from shared.metrics import JOBS_ENDED
from shared.mongo import Collection, Document, ReturnDocument, database_errors


async def fail_job(jobs: Collection, query: Document, reason: str) -> Document | None:
    """To FAILED, unless the job has ended or does not match `query`; returns it as its final event tells it."""
    changes = {
        "$set": {
            "status": str(JobStatus.FAILED),
            "error_message": reason,
            "status_reason": None,
            "announced": False,
        },
        "$currentDate": {"completed_at": True, "updated_at": True},
        "$inc": {"rev": 1},
    }
    with database_errors():
        failed = await jobs.find_one_and_update(
            {**query, "status": {"$in": before(JobStatus.FAILED)}},
            changes,
            projection=EVENT_FIELDS,
            return_document=ReturnDocument.AFTER,
        )
    if failed is not None:
        JOBS_ENDED.labels(str(JobStatus.FAILED)).inc()
    return failed
