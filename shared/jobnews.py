"""What is to be told of a job's being paused and resumed: kept in the job by the step itself until the broker has it.

Each is told once at least, in order, and under the same message id however often; `rev` says which is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.job_events import paused, resumed
from shared.jobs import JobStatus, Step
from shared.mongo import Collection, Document, database_errors
from shared.outgoing import Outgoing

# What a job's document must be read with, beside what its events are made of.
NEWS_FIELDS = {"news": 1}
_TELLING: Mapping[str, tuple[JobStatus, Callable[[Document], Outgoing]]] = {
    str(Step.PAUSE): (JobStatus.PAUSED, paused),
    str(Step.RESUME): (JobStatus.PENDING, resumed),
}


def to_be_told(step: Step) -> dict[str, Any]:
    """Update expressions for the write that takes the step, to be used beside one that raises `rev` by one."""
    told = {"rev": {"$add": ["$rev", 1]}, "step": {"$literal": str(step)}}
    return {
        "news": {"$concatArrays": [{"$ifNull": ["$news", []]}, [told]]},
        "news_at": {"$ifNull": ["$news_at", "$$NOW"]},
    }


def news_of(job: Mapping[str, Any]) -> list[tuple[int, Outgoing]]:
    """What waits to be told of the job, the oldest first, with the revision that it tells of."""
    found: list[tuple[int, Outgoing]] = []
    for told in job.get("news") or ():
        status, event = _TELLING[told["step"]]
        found.append((told["rev"], event({**job, "status": str(status), "rev": told["rev"]})))
    return found


async def mark_told(jobs: Collection, job_id: str, rev: int) -> None:
    """The broker has what there was to be told up to this revision."""
    with database_errors():
        await jobs.update_one({"_id": job_id}, {"$pull": {"news": {"rev": {"$lte": rev}}}})
        await jobs.update_one({"_id": job_id, "news": []}, {"$unset": {"news": "", "news_at": ""}})
