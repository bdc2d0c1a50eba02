"""Ending a job as FAILED, alike for every service that may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.job_events import EVENT_FIELDS
from shared.jobs import JobStatus, Step
from shared.mongo import Database, Document, database_errors
from shared.transitions import Transitions
from shared.verdicts import judged


async def fail_job(
    database: Database, job_id: str, where: Mapping[str, Any], reason: str, actor: str
) -> Document | None:
    """To FAILED, unless the job has ended or does not match `where`; returns it as its final event tells it."""
    changes = {"error_message": reason}
    if not await Transitions(database).take(job_id, Step.FAIL, where=where, actor=actor, reason=reason, values=changes):
        return None
    with database_errors():
        failed = await database["jobs"].find_one({"_id": job_id, "status": str(JobStatus.FAILED)}, EVENT_FIELDS)
    return None if failed is None else await judged(database, failed)
