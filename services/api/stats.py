"""A user's jobs and products in figures, counted on indexes and remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.api.responses import ProductStats, Span, Stats
from shared.clock import Clock
from shared.jobs import JobStatus

REMEMBERED_SECONDS = 15.0
REMEMBERED_USERS = 5_000
HOURS, DAYS = 24, 7


@dataclass(frozen=True, slots=True)
class JobFigures:
    created_at: datetime
    succeeded: int
    failed: int


class StatsStore(Protocol):
    async def count_jobs(self, user_id: str) -> dict[JobStatus, int]: ...

    async def count_products(self, user_id: str, since: datetime) -> ProductStats: ...

    async def find_figures(self, user_id: str, since: datetime) -> list[JobFigures]:
        """Of the jobs submitted since, the latest first; of very many only the latest."""


class StatsDesk:
    def __init__(self, store: StatsStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Stats]] = OrderedDict()

    async def stats(self, user_id: str) -> Stats:
        known = self._known.get(user_id)
        if known is not None and self._clock.monotonic() - known[0] < REMEMBERED_SECONDS:
            return known[1]
        now = self._clock.now()
        found = stats_of(
            await self._store.count_jobs(user_id),
            await self._store.count_products(user_id, now - timedelta(days=1)),
            await self._store.find_figures(user_id, _day(now) - timedelta(days=DAYS - 1)),
            now,
        )
        self._known[user_id] = (self._clock.monotonic(), found)
        self._known.move_to_end(user_id)
        while len(self._known) > REMEMBERED_USERS:
            self._known.popitem(last=False)
        return found


def stats_of(jobs: dict[JobStatus, int], products: ProductStats, figures: Sequence[JobFigures], now: datetime) -> Stats:
    """Pure."""
    hour, day = now.replace(minute=0, second=0, microsecond=0), _day(now)
    succeeded, failed = sum(f.succeeded for f in figures), sum(f.failed for f in figures)
    return Stats(
        jobs={status: jobs.get(status, 0) for status in JobStatus},
        success_rate=round(100 * succeeded / (succeeded + failed), 1) if succeeded + failed else None,
        products=products,
        hours=_spans(figures, [hour - timedelta(hours=n) for n in range(HOURS - 1, -1, -1)], timedelta(hours=1)),
        days=_spans(figures, [day - timedelta(days=n) for n in range(DAYS - 1, -1, -1)], timedelta(days=1)),
    )


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _spans(figures: Sequence[JobFigures], starts: Sequence[datetime], length: timedelta) -> list[Span]:
    spans = [Span(since=start, jobs=0, succeeded=0, failed=0) for start in starts]
    for figure in figures:
        place = (figure.created_at - starts[0]) // length
        if 0 <= place < len(spans):
            spans[place].jobs += 1
            spans[place].succeeded += figure.succeeded
            spans[place].failed += figure.failed
    return spans
