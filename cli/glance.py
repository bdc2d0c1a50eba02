"""What `asinflow top` shows: jobs that are under way, those that ended just now, and the queues where one may look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.client import Api, ApiProblem, calls
from cli.documents import ENDED, Job, Queue

ACTIVE = ("PROCESSING", "PENDING", "PAUSED")
_MOST_PER_STATUS = 200
_RECENT = 20
# Running jobs are asked for each time, the rest so seldom: the API grants 60 requests a minute.
_LOOKS_PER_FULL_ONE = 4


@dataclass(frozen=True)
class Behind:
    """What waits in the broker, and how often each marketplace may be asked."""

    queues: Sequence[Queue]
    pace: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Glance:
    """Jobs as they are to be shown: running, waiting, paused, the latest that ended; `behind` what operators see."""

    jobs: Sequence[Job] = ()
    behind: Behind | None = None

    @property
    def active(self) -> list[Job]:
        return [job for job in self.jobs if job["status"] not in ENDED]

    def number(self, status: str) -> int:
        return Counter(job["status"] for job in self.jobs)[status]


@dataclass
class Watcher:
    """Looks again and again with few requests. `operator` may be refused: then there are no queues."""

    api: Api
    operator: Api | None = None
    _looks: int = 0
    _running: set[str] = field(default_factory=set)
    _others: list[Job] = field(default_factory=list)
    _behind: Behind | None = None

    def look(self) -> Glance:
        """How things stand. Raises what the API raises."""
        running = self._page("PROCESSING", _MOST_PER_STATUS)
        ids = {job["id"] for job in running}
        if self._looks % _LOOKS_PER_FULL_ONE == 0 or ids != self._running:
            self._look_at_others()
        self._looks, self._running = self._looks + 1, ids
        others = [job for job in self._others if job["id"] not in ids]
        return Glance((*running, *others), self._behind)

    def _look_at_others(self) -> None:
        waiting = [job for status in ACTIVE[1:] for job in self._page(status, _MOST_PER_STATUS)]
        recent = self.api.listed(calls.jobs(limit=_RECENT))
        self._others = [*waiting, *(job for job in recent if job["status"] in ENDED)]
        self._behind = self._look_behind()

    def _page(self, status: str, limit: int) -> list[Job]:
        found: Iterable[Job] = self.api.listed(calls.jobs(status=status, limit=limit))
        return list(found)

    def _look_behind(self) -> Behind | None:
        if self.operator is None:
            return None
        try:
            queues, pace = (self.operator.ask(call)["items"] for call in (calls.queues(), calls.pace()))
        except ApiProblem as problem:
            if problem.status != 403:
                raise
            self.operator = None
            return None
        return Behind(queues, pace)
