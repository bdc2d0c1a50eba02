"""The life of a job: its states and every legal step between them. Code, tests and docs read this one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class JobType(StrEnum):
    BULK_ASIN = "BULK_ASIN"
    URL = "URL"
    KEYWORD = "KEYWORD"


class JobStatus(StrEnum):
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ItemStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    CANCEL = "cancel"
    LEAVE = "leave"
    FAIL = "fail"
    RETRY = "retry"
    RECOLLECT = "recollect"


# The first comes first among a user's waiting jobs, and has the largest share among running ones.
PRIORITIES = ("high", "normal", "low")


@dataclass(frozen=True)
class Rule:
    """A legal step: from which states it leads to which, who takes it, and what it means."""

    sources: frozenset[JobStatus]
    target: JobStatus
    by: str
    meaning: str


LIVE = frozenset({JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.PAUSED})
TERMINAL = frozenset(JobStatus) - LIVE
USER = "user"

STEPS: dict[Step, Rule] = {
    Step.START: Rule(
        frozenset({JobStatus.PENDING}), JobStatus.PROCESSING, "expander", "its user has room for another running job"
    ),
    Step.PAUSE: Rule(
        frozenset({JobStatus.PENDING, JobStatus.PROCESSING}), JobStatus.PAUSED, USER, "nothing more is handed out"
    ),
    Step.RESUME: Rule(
        frozenset({JobStatus.PAUSED}), JobStatus.PENDING, USER, "it waits for its turn, then goes on where it stood"
    ),
    Step.COMPLETE: Rule(LIVE, JobStatus.COMPLETED, "aggregator", "every item has its outcome"),
    Step.CANCEL: Rule(LIVE, JobStatus.CANCELLED, USER, "items without an outcome will get none"),
    Step.LEAVE: Rule(
        LIVE, JobStatus.CANCELLED, "aggregator", "the run is done, and items that it left out have no outcome"
    ),
    Step.FAIL: Rule(LIVE, JobStatus.FAILED, "expander, sweeper", "it cannot go on; `error_message` says why"),
    Step.RETRY: Rule(
        TERMINAL,
        JobStatus.PENDING,
        f"{USER}, sweeper",
        "a new run of failed items, or of those left without outcome; the sweeper's is an operator's",
    ),
    Step.RECOLLECT: Rule(TERMINAL, JobStatus.PENDING, USER, "a new run of items whose product was seen too long ago"),
}

# From each state, the states that may follow.
TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    status: frozenset(rule.target for rule in STEPS.values() if status in rule.sources) for status in JobStatus
}


def user_steps(status: JobStatus) -> list[str]:
    """What a user can do with a job in this state; one that has ended can be deleted as well."""
    steps = [str(step) for step, rule in STEPS.items() if USER in rule.by.split(", ") and status in rule.sources]
    return [*steps, "delete"] if status in TERMINAL else steps


def table_lines() -> Iterator[str]:
    """The steps as a Markdown table, for the docs."""
    yield "| step | from | to | taken by | meaning |"
    yield "|---|---|---|---|---|"
    for step, rule in STEPS.items():
        sources = ", ".join(status for status in JobStatus if status in rule.sources)
        yield f"| {step} | {sources} | {rule.target} | {rule.by} | {rule.meaning} |"
