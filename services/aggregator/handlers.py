"""Facts into counts: group by job, compare-and-swap, tell."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from prometheus_client import Counter

from services.aggregator import durations
from services.aggregator.counting import Change, JobCount, News, apply, finish, newly_reached
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
    async def find_counts(self, job_ids: Collection[str]) -> dict[str, JobCount]: ...

    async def swap(self, changes: Sequence[Change]) -> set[str]:
        """The jobs that somebody else has changed meanwhile, of which nothing is written."""


class Teller(Protocol):
    async def counted(self, news: Sequence[News]) -> bool:
        """Whether the broker has the steps."""

    async def ended(self, counts: Sequence[JobCount]) -> None: ...


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
        with _handling(by_job):
            await self._count({job_id: [each.message for each in group] for job_id, group in by_job.items()})

    async def handle_job_expanded(self, batch: Sequence[Received[JobExpanded]]) -> None:
        """Facts cannot precede the total, but a job of no items has none: it is complete as it stands."""
        for received in batch:
            self._cache.pop(received.message.job_id, None)
        await self._count({received.message.job_id: [] for received in batch})

    async def _count(self, facts: Mapping[str, Sequence[ItemsFinished]]) -> None:
        left = facts
        while changes := await self._changes(left):
            lost = await self._store.swap(changes)
            CONFLICTS.inc(len(lost))
            for job_id in lost:
                self._cache.pop(job_id, None)
            await self._tell([change for change in changes if change.job_id not in lost])
            left = {job_id: facts[job_id] for job_id in lost}

    async def _changes(self, facts: Mapping[str, Sequence[ItemsFinished]]) -> list[Change]:
        """What the facts make of their jobs; nothing of those to which they bring nothing new."""
        known = {job_id: self._cache[job_id] for job_id in facts if job_id in self._cache}
        if read := [job_id for job_id in facts if job_id not in known or _outdated(known[job_id], facts[job_id])]:
            found = await self._store.find_counts(read)
            known = {job_id: count for job_id, count in known.items() if job_id not in read} | found
        changes = []
        for job_id, of_job in facts.items():
            if (before := known.get(job_id)) is None:
                log.info("facts_of_a_deleted_job", job_id=job_id, facts=len(of_job))
                continue
            after = apply(before, of_job) if of_job else finish(before)
            if after is before:
                self._remember(before)
            else:
                changes.append(Change(before, after))
        return changes

    async def _tell(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._remember(change.after)
            durations.observe(change, self._clock)
            COUNTED.labels("succeeded").inc(change.after.success_count - change.before.success_count)
            COUNTED.labels("failed").inc(change.after.error_count - change.before.error_count)
        going_on = [News(change.after, newly_reached(change.after)) for change in changes if not change.ends]
        if going_on and await self._teller.counted(going_on):
            for news in going_on:
                if news.steps:
                    # Stored with the next count: what a crash leaves out is told again, under the same ids.
                    self._remember(replace(news.count, told=news.steps[-1]))
        if ended := [change.after for change in changes if change.ends]:
            for job in ended:
                with tracing.continuing(job.traceparent):
                    log.info("job_ended", job_id=job.job_id, status=str(job.status), errors=job.error_count)
            await self._teller.ended(ended)

    def _remember(self, count: JobCount) -> None:
        self._cache[count.job_id] = count
        self._cache.move_to_end(count.job_id)
        if count.status in TERMINAL or len(self._cache) > CACHED_JOBS:
            self._cache.pop(count.job_id if count.status in TERMINAL else next(iter(self._cache)))


def _outdated(count: JobCount, facts: Sequence[ItemsFinished]) -> bool:
    """Whether the facts know of more than this reading of the job."""
    return count.total_items is None or count.choosing or any(fact.run > count.run for fact in facts)


def _handling(by_job: Mapping[str, Sequence[Received[ItemsFinished]]]) -> AbstractContextManager[None]:
    """Facts of one job are handled in its trace; those of several are shown in each."""
    headers = [received.delivery.headers for group in by_job.values() for received in group]
    if len(by_job) == 1:
        return tracing.handling(ItemsFinished.TYPE, headers[0], headers[1:], job_id=next(iter(by_job)))
    parents = (tracing.valid(each.get(tracing.TRACEPARENT)) for each in headers)
    return tracing.batch(f"process {ItemsFinished.TYPE}", parents)
