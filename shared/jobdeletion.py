"""Deleting what belongs to jobs that are gone. Products stay: they are their user's, whichever job collected them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.mongo import Database, database_errors

CHILDREN = ("items", "sources", "outcomes", "attempts", "job_events", "repricings")


async def delete_children(database: Database, job_ids: Sequence[str]) -> None:
    """May be repeated, and is once more some time later: what was under way may arrive after the job is gone."""
    with database_errors():
        for name in CHILDREN:
            await database[name].delete_many({"job_id": {"$in": list(job_ids)}})
