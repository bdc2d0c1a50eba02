"""What new facts make of a job's counts: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.jobs import TERMINAL, JobStatus
from shared.ledger import Ledger
from shared.messages import PROGRESS_STEP as STEP
from shared.messages import ItemsFinished

LAST_STEP = 100 - STEP


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
    kept: int = 0  # outcomes of earlier runs that stay
    run_items: int | None = None  # items of this run; None for all
    choosing: bool = False  # the items of this run are still to be chosen
    gated: bool = False  # its user has asked for a verdict on its quality
    told: int | None = None  # the last step of 5 percent of this run that its user was told of; None before the first

    @property
    def progress(self) -> int:
        return self.success_count + self.error_count

    @property
    def done(self) -> bool:
        """Whether every item of this run has its outcome, and the job has not ended yet."""
        if self.status in TERMINAL or self.choosing or self.total_items is None:
            return False
        chosen = self.total_items if self.run_items is None else self.run_items
        return self.progress == self.kept + chosen


@dataclass(frozen=True)
class Change:
    """What facts make of a job: `after` has taken the place of `before`, or is about to."""

    before: JobCount
    after: JobCount

    @property
    def job_id(self) -> str:
        return self.after.job_id

    @property
    def ends(self) -> bool:
        return self.after.status != self.before.status


@dataclass(frozen=True)
class News:
    """A job as it was counted, and the steps of 5 percent that its user is to be told of."""

    count: JobCount
    steps: Sequence[int] = ()


def apply(count: JobCount, facts: Iterable[ItemsFinished]) -> JobCount:
    """The job after `facts`, with `rev` one higher; the same object when they bring nothing new.

    Facts of another run, repeated facts and places outside the job change nothing, nor does any fact while the items of
    the run are being chosen. A job that ended otherwise keeps its status, but its counts stay true.
    """
    if count.total_items is None or count.choosing:
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
    return replace(counted, status=_end(counted)) if counted.done else counted


def newly_reached(count: JobCount) -> range:
    """The steps of 5 percent that this run has come to and its user was not told of; without the end, told as such."""
    if count.status in TERMINAL:
        return range(0)
    told = _step(count, count.kept) if count.told is None else count.told
    return range(told + STEP, min(_step(count, count.progress), LAST_STEP) + 1, STEP)


def _step(count: JobCount, items: int) -> int:
    return 100 * items // count.total_items // STEP * STEP if count.total_items else 0


def finish(count: JobCount) -> JobCount:
    """Ended when every item of the run has its outcome, else unchanged."""
    return replace(count, status=_end(count), rev=count.rev + 1) if count.done else count


def _end(count: JobCount) -> JobStatus:
    """A run that left out items without an outcome leaves the job CANCELLED, as it found it."""
    return JobStatus.COMPLETED if count.progress == count.total_items else JobStatus.CANCELLED
