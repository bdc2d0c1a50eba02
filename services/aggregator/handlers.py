"""Facts into counts: group by job, compare-and-swap, tell."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from prometheus_client import Counter

from services.aggregator import durations
from services.aggregator.counting import JobCount, apply, finish, newly_reached
from shared import tracing
from shared.clock import Clock, SystemClock
from shared.jobs import TERMINAL
from shared.log import get_logger
from shared.messages import ItemsFinished, JobExpanded
from shared.worker import Received

log = get_logger(__name__)

CACHED_JOBS = 256

# Rises when another writer changed a job between our read and our write; the work is then done again.
CONFLICTS = Counter("asinflow_ledger_conflicts_total", "Compare-and-swap conflicts on a job")
# Rises with every item counted for the first time.
COUNTED = Counter("asinflow_items_counted_total", "Items counted, each once", ["status"])


class CountStore(Protocol):
    async def find_count(self, job_id: str) -> JobCount | None: ...

    async def swap(self, before: JobCount, after: JobCount) -> bool: ...


class Teller(Protocol):
    async def progressed(self, count: JobCount) -> None: ...

    async def reached(self, count: JobCount, percents: Sequence[int]) -> bool:
        """Whether the broker has them."""

    async def ended(self, count: JobCount) -> None: ...


class Aggregator:
    """Keeps every job's counts exact; several may run at once."""

    def __init__(self, store: CountStore, teller: Teller, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._store = store
        self._teller = teller
        self._cache: OrderedDict[str, JobCount] = OrderedDict()

    async def handle_items_finished(self, batch: Sequence[Received[ItemsFinished]]) -> None:
        by_job: dict[str, list[Received[ItemsFinished]]] = defaultdict(list)
        for received in batch:
            by_job[received.message.job_id].append(received)
        for job_id, group in by_job.items():
            headers, *others = (received.delivery.headers for received in group)
            with tracing.handling(ItemsFinished.TYPE, headers, others, job_id=job_id):
                await self._count(job_id, [received.message for received in group])

    async def handle_job_expanded(self, batch: Sequence[Received[JobExpanded]]) -> None:
        """Facts cannot precede the total, but a job of no items has none: it is complete as it stands."""
        for received in batch:
            self._cache.pop(received.message.job_id, None)
            await self._count(received.message.job_id, [])

    async def _count(self, job_id: str, facts: Sequence[ItemsFinished]) -> None:
        while True:
            before = self._cache.get(job_id) or await self._store.find_count(job_id)
            if before is not None and self._outdated(before, facts):
                before = await self._store.find_count(job_id)
            if before is None:
                log.info("facts_of_a_deleted_job", job_id=job_id, facts=len(facts))
                return
            after = apply(before, facts) if facts else finish(before)
            if after is before:
                self._remember(before)
                return
            if await self._store.swap(before, after):
                break
            CONFLICTS.inc()
            self._cache.pop(job_id, None)
        self._remember(after)
        await self._tell(before, after)

    @staticmethod
    def _outdated(count: JobCount, facts: Sequence[ItemsFinished]) -> bool:
        """Whether the facts know of more than this reading of the job."""
        return count.total_items is None or count.choosing or any(fact.run > count.run for fact in facts)

    async def _tell(self, before: JobCount, after: JobCount) -> None:
        durations.observe(before, after, self._clock)
        COUNTED.labels("succeeded").inc(after.success_count - before.success_count)
        COUNTED.labels("failed").inc(after.error_count - before.error_count)
        if after.status != before.status:
            log.info("job_ended", job_id=after.job_id, status=str(after.status), errors=after.error_count)
            await self._teller.ended(after)
        else:
            await self._teller.progressed(after)
            if (steps := newly_reached(after)) and await self._teller.reached(after, steps):
                # Stored with the next count: what a crash leaves out is told again, under the same ids.
                self._remember(replace(after, told=steps[-1]))

    def _remember(self, count: JobCount) -> None:
        self._cache[count.job_id] = count
        self._cache.move_to_end(count.job_id)
        if count.status in TERMINAL or len(self._cache) > CACHED_JOBS:
            self._cache.pop(count.job_id if count.status in TERMINAL else next(iter(self._cache)))
