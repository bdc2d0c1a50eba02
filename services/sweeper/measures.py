"""Measures the whole system from its database, once for all processes: done by the sweeper that leads.

What no process can say of itself, because it is about work that nobody has in hand. A sweeper that leads no more
forgets what it measured, so that nobody reads old figures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge

from services.sweeper.measure_repository import JobGroup, MeasureRepository
from shared.clock import Clock
from shared.jobs import JobStatus

WAITING = "WAITING"
STATUSES = (JobStatus.PENDING, WAITING, JobStatus.PROCESSING, JobStatus.PAUSED)

# Jobs that have not ended; WAITING are pending ones that wait for another job of their user to end.
JOBS = Gauge("asinflow_jobs", "Jobs that have not ended, by status", ["status"])
# Age of the oldest of its kind, 0 when there is none. unsent_job and unannounced_end: the outbox, what the broker has
# not confirmed. pending_job: a job that nobody has started though it need not wait. job_without_progress: since the
# counts of a running job have last moved. All stay within seconds in good health, the last within the pace.
OLDEST = Gauge("asinflow_oldest_seconds", "Age of the oldest thing that waits for us", ["what"])
# Documents that are stored, about, as of the last minute; failures is the failure store.
DOCUMENTS = Gauge("asinflow_documents", "Documents stored, about", ["collection"])
# Seconds until a marketplace is asked again; above 0 while it has asked us to slow down.
PAUSE = Gauge("asinflow_marketplace_pause_seconds", "Rest of the pause of a marketplace", ["marketplace"])
# Rises with every second that a marketplace is not asked because it wanted us to slow down.
PAUSED = Counter("asinflow_marketplace_blocked_seconds_total", "Time in pauses of a marketplace", ["marketplace"])
# 0 closed (requests leave), 1 half-open (one tries whether the marketplace answers again), 2 open (none leaves).
CIRCUIT = Gauge("asinflow_marketplace_circuit", "0 closed, 1 half-open, 2 open", ["marketplace"])

FORGET_AFTER_ROUNDS = 3
# Collections that grow with use. Not every server of the protocol knows the size of one without going through it.
LARGE = ("jobs", "items", "outcomes", "observations", "products", "price_history")
LARGE_SECONDS = 60.0
FAILURES = ("failures",)


class Measures:
    def __init__(self, repository: MeasureRepository, clock: Clock, period_seconds: float) -> None:
        self._repository = repository
        self._clock = clock
        self._period = period_seconds
        self._measured_at = float("-inf")
        self._large: dict[str, int] = {}
        self._counted_at = float("-inf")
        self._forgetting: asyncio.TimerHandle | None = None

    async def sweep(self) -> None:
        """Measure, unless that was done within the period."""
        since = self._clock.monotonic() - self._measured_at
        if since < self._period:
            return
        await self._measure_jobs()
        await self._count_documents()
        await self._measure_pauses(min(since, self._period * FORGET_AFTER_ROUNDS))
        self._measured_at = self._clock.monotonic()
        self._forget_later()

    async def _measure_jobs(self) -> None:
        groups = await self._repository.find_job_groups()
        ended_at = await self._repository.find_oldest_unannounced()
        now = await self._repository.now()
        if now is None:
            return
        for status in STATUSES:
            JOBS.labels(str(status)).set(sum(group.number for group in groups if _status_of(group) == status))
        unstarted = [group for group in groups if _status_of(group) == JobStatus.PENDING]
        running = [group for group in groups if group.status == JobStatus.PROCESSING]
        times: dict[str, Iterable[datetime]] = {
            "unsent_job": [group.created_at for group in groups if group.unsent and group.status == JobStatus.PENDING],
            "unannounced_end": [ended_at] if ended_at is not None else [],
            "pending_job": [group.created_at for group in unstarted],
            "job_without_progress": [group.updated_at for group in running],
        }
        for what, moments in times.items():
            OLDEST.labels(what).set(max(((now - moment).total_seconds() for moment in moments), default=0.0))

    async def _count_documents(self) -> None:
        now = self._clock.monotonic()
        if now - self._counted_at >= LARGE_SECONDS:
            self._large = await self._repository.count_documents(LARGE)
            self._counted_at = now
        for name, count in {**self._large, **await self._repository.count_documents(FAILURES)}.items():
            DOCUMENTS.labels(name).set(count)

    async def _measure_pauses(self, since: float) -> None:
        for pace in await self._repository.find_paces():
            PAUSE.labels(pace.line).set(pace.pause_seconds)
            CIRCUIT.labels(pace.line).set((2 if pace.pause_seconds > 0 else 1) if pace.circuit_open else 0)
            PAUSED.labels(pace.line).inc(since if pace.pause_seconds > 0 else 0.0)

    def _forget_later(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        delay = FORGET_AFTER_ROUNDS * self._period
        self._forgetting = asyncio.get_running_loop().call_later(delay, forget)


def forget() -> None:
    """Show no measures until the next ones are made."""
    for gauge in (JOBS, OLDEST, DOCUMENTS, PAUSE, CIRCUIT):
        gauge.clear()


def _status_of(group: JobGroup) -> str:
    return WAITING if group.status == JobStatus.PENDING and group.waits else group.status
