"""What new facts make of a job's counts: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.jobs import JobStatus
from shared.ledger import Ledger
from shared.messages import ItemsFinished


@dataclass(frozen=True)
class JobCount:
    """The part of a job that the aggregator owns, as it was read: `rev` guards the write."""

    job_id: str
    user_id: str
    run: int
    rev: int
    status: JobStatus
    total_items: int | None
    success_count: int
    error_count: int
    ledger: bytes
    traceparent: str | None = None
    type: str = "unknown"
    created_at: datetime | None = None
    started_at: datetime | None = None

    @property
    def progress(self) -> int:
        return self.success_count + self.error_count

    @property
    def complete(self) -> bool:
        return self.status == JobStatus.PROCESSING and self.progress == self.total_items


def apply(count: JobCount, facts: Iterable[ItemsFinished]) -> JobCount:
    """The job after `facts`, with `rev` one higher; the same object when they bring nothing new.

    Facts of another run, repeated facts and places outside the job change nothing. A job that ended otherwise keeps
    its status, but its counts stay true.
    """
    if count.total_items is None:
        return count
    ledger = Ledger(count.ledger, count.total_items)
    succeeded = failed = 0
    for fact in facts:
        if fact.run == count.run:
            succeeded += ledger.add(fact.succeeded)
            failed += ledger.add(fact.failed)
    if not succeeded + failed:
        return finish(count)
    counted = replace(
        count,
        success_count=count.success_count + succeeded,
        error_count=count.error_count + failed,
        ledger=ledger.to_bytes(),
        rev=count.rev + 1,
    )
    return replace(counted, status=JobStatus.COMPLETED) if counted.complete else counted


def finish(count: JobCount) -> JobCount:
    """COMPLETED when every item has its outcome, else unchanged."""
    return replace(count, status=JobStatus.COMPLETED, rev=count.rev + 1) if count.complete else count
