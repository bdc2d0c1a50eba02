"""Following a job through breaks of its stream: what both clients do alike."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from asinflow.client.errors import ApiProblem, AsinflowClientError, Unreachable
from asinflow.client.models import JobView
from asinflow.client.sse import EventParser, ServerEvent

ENDS = frozenset({"completed", "failed", "cancelled"})
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Update:
    """The job after an event of its stream: `snapshot`, `progress`, `completed`, `failed`, `cancelled` and the like."""

    event: str
    job: JobView


@dataclass
class Follower:
    """Where a reader of a job's stream stands. Tries again as long as the API is out of reach, for `patience` tries."""

    job_id: str
    patience: int
    ended: bool = False
    _last_id: str = ""
    _failures: int = 0
    _parser: EventParser = field(default_factory=EventParser)

    @property
    def last_event_id(self) -> str:
        """Where the stream is to be continued; begins a new one."""
        self._parser = EventParser()
        return self._last_id

    def updates(self, piece: bytes) -> list[Update]:
        """What a piece of the stream brings."""
        return [self._update(event) for event in self._parser.feed(piece)]

    def _update(self, event: ServerEvent) -> Update:
        self._failures = 0
        self._last_id = event.id
        self.ended = self.ended or event.name in ENDS
        return Update(event.name, JobView.model_validate(json.loads(event.data)))

    def wait(self, error: AsinflowClientError | None) -> float:
        """Seconds until the next try; raises `error` when waiting cannot help, or has not."""
        passing = error is None or not isinstance(error, ApiProblem) or error.retryable
        self._failures += 1
        if not passing or self._failures > self.patience:
            raise error or Unreachable("the stream ends again and again before its job does")
        asked = error.retry_after if isinstance(error, ApiProblem) else None
        return asked or min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (self._failures - 1))
