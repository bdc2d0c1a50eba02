"""From what is stored to what a client sees. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.api.records import Job, WaitingFor
from services.api.responses import Counts, InvalidLine, JobAccepted, JobSettingsView, JobSource, JobView, WaitingView
from services.api.submission import Submission
from shared.jobs import JobStatus

# Ends that leave items without an outcome.
CUT_SHORT = frozenset({JobStatus.CANCELLED, JobStatus.FAILED})


def job_view(job: Job, now: datetime) -> JobView:
    """The job with all that follows from its counts; no time in it is ever negative, whatever the clocks say."""
    return JobView(**_shown(job, now))


def accepted_view(job: Job, now: datetime, submission: Submission) -> JobAccepted:
    """The job just taken in, and what became of its request."""
    return JobAccepted(**_shown(job, now), counts=counts_of(submission), invalid=invalid_of(submission))


def _shown(job: Job, now: datetime) -> dict[str, Any]:
    duration = duration_seconds(job, now)
    rate = items_per_second(job, now)
    return {
        "id": job.id,
        "type": job.type,
        "status": job.status,
        "status_reason": job.status_reason,
        "waiting_for": None if job.waiting_for is None else _waiting_view(job.waiting_for),
        "delayed_by": [_waiting_view(waiting) for waiting in job.delayed_by],
        "priority": job.priority,
        "request": JobSource.model_validate(job.request),
        "settings": JobSettingsView.model_validate(job.settings),
        "run": job.run,
        "rev": job.rev,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "total_items": job.known_items,
        "progress": job.progress,
        "success_count": job.success_count,
        "error_count": job.error_count,
        "cancelled_count": cancelled_count(job),
        "progress_percent": progress_percent(job),
        "success_rate": round(100 * job.success_count / job.progress, 1) if job.progress else None,
        "items_per_second": None if rate is None else round(rate, 2),
        "eta_seconds": eta_seconds(job, rate),
        "duration_seconds": None if duration is None else round(duration, 3),
        "error_message": job.error_message,
        "tags": list(job.tags),
        "metadata": dict(job.metadata),
        "trace_id": job.trace_id,
        "quality": job.quality,
    }


def counts_of(submission: Submission) -> Counts | None:
    """What became of the lines of a list; None for a listing."""
    tally = submission.tally
    if tally is None:
        return None
    return Counts(accepted=tally.accepted, duplicate=tally.duplicate, invalid=tally.invalid)


def invalid_of(submission: Submission) -> list[InvalidLine]:
    return [
        InvalidLine(line=line.line, input=line.input, code=line.code, message=line.message)
        for line in submission.invalid
    ]


def _waiting_view(waiting: WaitingFor) -> WaitingView:
    return WaitingView(marketplace=waiting.marketplace, until=waiting.until)


def duration_seconds(job: Job, now: datetime) -> float | None:
    if job.started_at is None:
        return None
    return max(0.0, ((job.completed_at or now) - job.started_at).total_seconds())


def items_per_second(job: Job, now: datetime) -> float | None:
    """The rate since the job was started or resumed last; None while it stands still."""
    since = job.stretch_at or job.started_at
    if since is None or job.status in {JobStatus.PENDING, JobStatus.PAUSED}:
        return None
    seconds = ((job.completed_at or now) - since).total_seconds()
    return max(0, job.progress - job.stretch_progress) / seconds if seconds > 0 else None


def cancelled_count(job: Job) -> int:
    """Of a job that goes on, those that its present run has left out."""
    total = job.known_items
    if total is None:
        return 0
    if job.status in CUT_SHORT or job.choosing:
        return max(0, total - job.progress)
    return 0 if job.run_items is None else max(0, total - job.kept - job.run_items)


def progress_percent(job: Job) -> float:
    """100 only when every item is finished, however many there are."""
    if not job.total_items:
        return 100.0 if job.status is JobStatus.COMPLETED else 0.0
    percent = round(100 * job.progress / job.total_items, 1)
    return percent if job.progress >= job.total_items else min(percent, 99.9)


def eta_seconds(job: Job, rate: float | None) -> float | None:
    if job.status is not JobStatus.PROCESSING or job.total_items is None or not rate:
        return None
    left = job.total_items - job.progress - cancelled_count(job)
    return None if job.choosing else round(max(0, left) / rate, 1)
