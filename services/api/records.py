"""What is stored, as this service sees it: typed, and free of the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.jobs import TERMINAL, JobStatus, JobType
from shared.knownitems import items_by_request
from shared.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """The client's name for a request, and what the request was."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job about to be stored."""

    id: str
    user_id: str
    type: JobType
    priority: str
    request: Mapping[str, Any]
    settings: Mapping[str, Any]
    tags: Sequence[str] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """A marketplace that asked to slow down, and when it is asked again."""

    marketplace: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A stored job without its ledger; see docs/data.md for the meaning of each field."""

    id: str
    user_id: str
    type: JobType
    priority: str
    request: Mapping[str, Any]
    settings: Mapping[str, Any]
    idempotency: Idempotency | None
    status: JobStatus
    status_reason: str | None
    run: int
    rev: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_items: int | None
    progress: int
    success_count: int
    error_count: int
    fed: int
    error_message: str | None
    announced: bool
    news: Sequence[Mapping[str, Any]] = ()  # what is still to be told of its being paused and resumed
    found: int = 0  # items that the pages of its listing have brought so far
    kept: int = 0
    run_items: int | None = None
    behind: int = 1  # the last run that was at work
    choosing: bool = False  # the items of this run are still to be chosen
    stretch_at: datetime | None = None
    stretch_progress: int = 0
    tags: Sequence[str] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    waiting_for: WaitingFor | None = None
    delayed_by: Sequence[WaitingFor] = ()
    trace_id: str | None = None
    quality: Quality | None = None  # the verdict on the present run, once it is given
    lanes: Mapping[str, int] = field(default_factory=dict)  # as `fed`, for each marketplace of a job of several

    def fed_at(self, marketplace: str) -> int:
        """The first place of the present run that has not been handed out to a marketplace."""
        return self.lanes.get(marketplace, self.fed)

    def has_left(self, marketplace: str) -> bool:
        """Whether the present run may have items of a marketplace that have not been handed out."""
        total = self.total_items if self.run_items is None else self.run_items
        return self.choosing or total is None or self.fed_at(marketplace) < total

    @property
    def all_fed(self) -> int:
        """The place before which everything has been handed out, whatever its marketplace."""
        return min(self.lanes.values(), default=self.fed)

    @property
    def known_items(self) -> int | None:
        """`total_items`; of a job that ended before they were found out, as many as are known."""
        if self.total_items is not None or self.status not in TERMINAL:
            return self.total_items
        return items_by_request(self.type, self.request, self.found)

    def document(self) -> dict[str, Any]:
        """The fields that its events are made of, as they are stored."""
        names = ("user_id", "run", "rev", "status", "progress", "success_count", "error_count", "error_message")
        own = {"_id": self.id, "total_items": self.known_items, "news": self.news}
        plain = {**own, **{name: getattr(self, name) for name in names}}
        if self.quality is not None:
            plain["quality"] = {"run": self.run, **self.quality.model_dump(mode="json")}
        return plain

    @property
    def gated(self) -> bool:
        """Whether its user has asked for a verdict on its quality."""
        return self.settings.get("quality_gate") is not None

    @property
    def over(self) -> bool:
        """Ended, with everything that is to be said of its end."""
        return self.status in TERMINAL and (self.quality is not None or not self.gated)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """What was done to a job, when and by whom; `before` and `after` are its states."""

    rev: int
    at: datetime
    kind: str
    before: JobStatus | None
    after: JobStatus
    run: int
    reason: str | None
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemError:
    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an item ended in one run."""

    run: int
    seq: int
    succeeded: bool
    attempts: int
    error: ItemError | None
    origin: str | None
    processed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What happened so far to an item that is to be tried again, and when that is."""

    seq: int
    attempts: int
    error: ItemError | None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Failures of one kind; `message` is one of theirs."""

    code: str
    retryable: bool
    count: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a job says of its items: its counts and its ledger, read together."""

    rev: int
    run: int
    status: JobStatus
    total_items: int | None
    success_count: int
    error_count: int
    ledger: bytes
    begun: Sequence[int] = ()  # the later runs whose items were chosen and tried again
    known_items: int | None = None  # of a job that ended before its total was found out


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChunk:
    """A stored chunk of a run: the places it claims, how many it holds, and `seqs` where they are not the places."""

    first: int
    last: int
    count: int
    seqs: Sequence[int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What is known of a user's idempotency key; `response` is there once its request was taken in."""

    owner: str | None
    epoch: str
    fingerprint: str | None
    response: str | None
