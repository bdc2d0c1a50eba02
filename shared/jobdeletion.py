"""Deleting jobs with what belongs to them. Products stay: they are their user's, whichever job collected them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from shared.jobs import TERMINAL
from shared.mongo import Database, DuplicateKeyError, database_errors

CHILDREN = ("items", "sources", "outcomes", "attempts", "job_events", "repricings")


async def delete_job(database: Database, job_id: str, user_id: str, rev: int) -> bool:
    """Delete an ended job, then everything of it; False, and it stays whole, when it has changed since that revision.

    The mark comes first: whoever dies after it leaves the rest to the sweeper, which comes again later anyway, because
    what collectors had in hand may still arrive. The job comes before what belongs to it, so that nobody can begin
    another run of a job that is being cleared away.
    """
    query: dict[str, Any] = {"_id": job_id, "user_id": user_id, "rev": rev, "status": {"$in": sorted(TERMINAL)}}
    mark: Mapping[str, Any] = {"$set": {"user_id": user_id}, "$currentDate": {"asked_at": True}}
    with database_errors():
        with contextlib.suppress(DuplicateKeyError):  # another request does the same at this moment
            await database["deletions"].update_one({"_id": job_id}, mark, upsert=True)
        if (await database["jobs"].delete_one(query)).deleted_count == 0:
            return False
    await delete_children(database, [job_id])
    return True


async def delete_children(database: Database, job_ids: Sequence[str]) -> None:
    """May be repeated, and is once more some time later: what was under way may arrive after the job is gone."""
    with database_errors():
        for name in CHILDREN:
            await database[name].delete_many({"job_id": {"$in": list(job_ids)}})
