"""Events made from a job's document, so that every service tells the same of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared import tracing
from shared.jobs import JobStatus
from shared.knownitems import known_items
from shared.messages import FINAL_EVENTS, JobPaused, JobProgressed, JobReached, JobResumed, JobSubmitted
from shared.outgoing import Outgoing, command, event
from shared.quality import verdict_of

_COPIED = ("user_id", "run", "rev", "status", "total_items", "progress", "success_count", "error_count")
# What a job's document must be read with to make an event of it.
EVENT_FIELDS = dict.fromkeys(
    (*_COPIED, "error_message", "type", "request", "expansion", "settings", "quality", tracing.TRACEPARENT), 1
)


def _facts(job: Mapping[str, Any], at: datetime | None) -> dict[str, Any]:
    counts = {**{name: job[name] for name in _COPIED}, "total_items": known_items(job)}
    return {"job_id": job["_id"], "at": at or datetime.now(UTC), **counts}


def submission(job: Mapping[str, Any]) -> Outgoing:
    """The command to begin with a stored job, or to go on with it."""
    return command(JobSubmitted(job_id=job["_id"], run=job["run"]), headers=tracing.headers_of(job))


def progressed(job: Mapping[str, Any], at: datetime | None = None) -> Outgoing:
    message_id = f"{job['_id']}:{job['run']}:{job['rev']}"
    return event(JobProgressed.model_validate(_facts(job, at)), message_id=message_id, headers=tracing.headers_of(job))


def reached(job: Mapping[str, Any], percent: int, at: datetime | None = None) -> Outgoing:
    """`percent` of the job's items are finished; the same message however often it is told."""
    facts = {**_facts(job, at), "percent": percent}
    message_id = f"{job['_id']}:{job['run']}:reached:{percent}"
    return event(JobReached.model_validate(facts), message_id=message_id, headers=tracing.headers_of(job))


def paused(job: Mapping[str, Any], at: datetime | None = None) -> Outgoing:
    message_id = f"{job['_id']}:{job['rev']}:paused"
    return event(JobPaused.model_validate(_facts(job, at)), message_id=message_id, headers=tracing.headers_of(job))


def resumed(job: Mapping[str, Any], at: datetime | None = None) -> Outgoing:
    message_id = f"{job['_id']}:{job['rev']}:resumed"
    return event(JobResumed.model_validate(_facts(job, at)), message_id=message_id, headers=tracing.headers_of(job))


def ended(job: Mapping[str, Any], at: datetime | None = None) -> Outgoing:
    """The final event of a terminal job; its message id is the same however often it is sent."""
    status = JobStatus(job["status"])
    facts = _facts(job, at)
    if status == JobStatus.FAILED:
        facts["reason"] = job.get("error_message") or "no reason given"
    facts["quality"] = verdict_of(job)
    model = FINAL_EVENTS[status].model_validate(facts)
    message_id = f"{job['_id']}:{job['run']}:{status.lower()}"
    return event(model, message_id=message_id, headers=tracing.headers_of(job))
