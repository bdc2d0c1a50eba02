"""Hands out the items of running jobs: published first, then the cursor moves, so that a crash repeats, never skips.

Each marketplace has one window, dealt to the jobs that run there (see `windows`). How they stand is read off their
documents, all of them now and then, and in between those of which something was told. A job of which nothing is
finished for too long takes no place in the window, and gets none, until something of it is: what it has in flight is
lost until healing repeats it, or nobody collects (docs/adr/0053-a-window-does-not-wait-for-ever.md).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Counter

from services.expander.lanes import RunningJob
from services.expander.repository import ExpanderRepository
from services.expander.throughput import Throughput
from services.expander.windows import LEAST, STILL_SECONDS, Dealer, quantum, room_for, still_limit
from shared import tracing
from shared.blocks import Block
from shared.broker import Broker
from shared.clock import Clock
from shared.errors import UnroutableError
from shared.ids import outcome_id
from shared.items import collect_command
from shared.jobs import JobStatus
from shared.log import get_logger
from shared.mongo import Document
from shared.runs import run_total

log = get_logger(__name__)

# Without a look at all running jobs for so long, what is known of them may be overtaken by another feeder's work.
STALE_SECONDS = 5.0
# For so long it holds how many items wait to be tried again: asked for with all tidings, it is half of what is asked.
PARKED_SECONDS = 0.25
# Rises with every item handed out to the collectors; above the items of all jobs when windows were repeated.
FED = Counter("asinflow_items_fed_total", "Items handed out to collectors")


@dataclass(frozen=True)
class HandedOut:
    """Items of one marketplace that the broker has confirmed, from `place` of a run up to `reached`."""

    run: int
    pauses: int
    place: int
    items: Sequence[tuple[int, str]]
    reached: int

    def follows(self, job: Document, place: int) -> bool:
        """Whether they are what comes next: unless a pause came in between, after which collectors may have dropped
        them."""
        return (self.run, self.pauses, self.place) == (job["run"], job.get("pauses") or 0, place)


class Feeder:
    def __init__(
        self,
        repository: ExpanderRepository,
        broker: Broker,
        window_of: Callable[[str, float, float | None], int],
        clock: Clock,
        interval_of: Callable[[str], float] = lambda _: 0.0,
    ) -> None:
        """`window_of` a marketplace whose pages take so many seconds, and of which so many are finished a second: how
        many of its items are in flight at once; `interval_of` it: seconds between two of them."""
        self._repository = repository
        self._broker = broker
        self._measured_window_of = window_of
        self._clock = clock
        self._interval_of = interval_of
        self._jobs: dict[str, RunningJob] = {}
        self._dealers: dict[str, Dealer] = {}
        self._blocks: Mapping[str, Block] = {}
        self._fetch_seconds: Mapping[str, float] = {}
        self._looked_at = float("-inf")
        self._throughput: defaultdict[str, Throughput] = defaultdict(Throughput)
        # By marketplace: when it was counted, and how many items wait to be tried again.
        self._parked: dict[str, tuple[float, int]] = {}
        # By job and marketplace, what is not known to be kept: without the database it is not handed out once more.
        self._unkept: dict[tuple[str, str], HandedOut] = {}

    async def feed(self, jobs: Iterable[Document]) -> int:
        """Hand out what there is room for, with these jobs as they stand; returns how many items."""
        if self._clock.monotonic() - self._looked_at > STALE_SECONDS:
            return await self.look()
        touched: set[str] = set()
        for job in jobs:
            touched.update(await self._note(job))
        return await self._deal(touched)

    async def look(self) -> int:
        """Look at all running jobs and at the marketplaces' pauses, and hand out what there is room for."""
        running = await self._repository.find_running()
        self._blocks = await self._repository.find_blocks()
        self._fetch_seconds = await self._repository.find_fetch_seconds()
        overlooked = self._clock.monotonic() - self._looked_at > STALE_SECONDS
        self._looked_at = self._clock.monotonic()
        ids = {job["_id"] for job in running}
        self._jobs = {name: job for name, job in self._jobs.items() if name in ids}
        self._unkept = {key: sent for key, sent in self._unkept.items() if key[0] in ids}
        touched: set[str] = set()
        for job in running:
            touched.update(await self._note(job))
        await self._find_stuck(touched, overlooked=overlooked)
        for name in touched:
            self._measure(name)
        return await self._deal(touched)

    def _here(self, marketplace: str) -> list[RunningJob]:
        return [job for job in self._jobs.values() if marketplace in job.marketplaces]

    def _measure(self, marketplace: str) -> None:
        here = self._here(marketplace)
        in_flight = sum(job.in_flight(marketplace) for job in here)
        busy = any(job.lane(marketplace).left for job in here)
        self._throughput[marketplace].look(self._looked_at, in_flight, busy=busy)

    def _window_of(self, marketplace: str) -> int:
        fetch_seconds = self._fetch_seconds.get(marketplace, 0.0)
        return self._measured_window_of(marketplace, fetch_seconds, self._throughput[marketplace].per_second)

    async def _note(self, job: Document) -> Sequence[str]:
        """Keep how the job stands; returns the marketplaces that this may concern."""
        known = self._jobs.pop(job["_id"], None)
        if job["status"] != JobStatus.PROCESSING or run_total(job) is None:
            return known.marketplaces if known else ()
        if known is None or known.document["run"] != job["run"]:
            known = RunningJob(job, await self._repository.find_marketplaces(job))
            if known.mixed:
                known.outstanding = await self._repository.find_outstanding(job)
        known.document = job
        if known.outstanding:
            await self._forget_finished(known)
        known.note(self._clock.monotonic())
        self._jobs[job["_id"]] = known
        return known.marketplaces

    async def _forget_finished(self, job: RunningJob) -> None:
        ids = {outcome_id(job.document["_id"], job.document["run"], seq): seq for seq in job.outstanding}
        for found in await self._repository.find_statuses(list(ids)):
            del job.outstanding[ids[found]]

    async def _find_stuck(self, marketplaces: Collection[str], *, overlooked: bool) -> None:
        """Find the jobs whose items in flight are not waited for any more. Time in which a marketplace was blocked, or
        nobody looked, says nothing."""
        now = self._clock.monotonic()
        for name in sorted(marketplaces):
            jobs = self._here(name)
            if overlooked or name in self._blocks:
                for job in jobs:
                    job.moves(name, now)
            still = {job.document["_id"]: job for job in jobs if job.still_for(name, now) > STILL_SECONDS}
            if still:
                await self._judge(name, still, now)

    async def _judge(self, marketplace: str, still: Mapping[str, RunningJob], now: float) -> None:
        """Which of the jobs that stand still are stuck: those that have more in flight than waits to be tried again."""
        slowed = (await self._repository.find_slowed_intervals()).get(marketplace, 0.0)
        window = self._window_of(marketplace)
        limit = still_limit(window, max(slowed, self._interval_of(marketplace)))
        parked = await self._repository.find_parked(list(still), marketplace)
        for job_id, job in still.items():
            in_flight = job.in_flight(marketplace)
            if job.still_for(marketplace, now) <= limit or in_flight <= parked.get(job_id, 0):
                job.stuck.discard(marketplace)
            elif marketplace not in job.stuck:
                job.stuck.add(marketplace)
                log.warning("job_not_waited_for", job_id=job_id, marketplace=marketplace, in_flight=in_flight)

    async def _deal(self, marketplaces: Collection[str]) -> int:
        handed_out = 0
        for name in sorted(marketplaces):
            block = self._blocks.get(name)
            if block is not None and not block.trying:
                continue  # what is in flight is enough for the time after the pause
            window = LEAST if block else self._window_of(name)
            try:
                handed_out += await self._deal_one(name, window)
            except UnroutableError as error:  # nobody serves it (yet), which is no other marketplace's fault
                log.warning("marketplace_not_fed", marketplace=name, error=error.message)
        return handed_out

    async def _deal_one(self, marketplace: str, window: int) -> int:
        jobs = {job.document["_id"]: job for job in self._here(marketplace) if marketplace not in job.stuck}
        room = await self._room(marketplace, window, list(jobs.values()))
        dealer = self._dealers.setdefault(marketplace, Dealer())
        shares = dealer.deal([job.lane(marketplace) for job in jobs.values()], room, quantum(window))
        handing_out = (self._hand_out(jobs[name], marketplace, number) for name, number in shares.items())
        for done in await asyncio.gather(*handing_out, return_exceptions=True):
            if done is not None:
                raise done
        return sum(shares.values())

    async def _room(self, marketplace: str, window: int, jobs: Sequence[RunningJob]) -> int:
        in_flight = sum(job.in_flight(marketplace) for job in jobs)
        if in_flight <= 0 or not any(job.lane(marketplace).left for job in jobs):
            return window - in_flight
        if room := room_for(window, in_flight):
            return room  # what is parked makes it more, which the next look brings
        now = self._clock.monotonic()
        counted_at, parked = self._parked.get(marketplace, (float("-inf"), 0))
        if now - counted_at >= PARKED_SECONDS:
            busy = [job.document["_id"] for job in jobs if job.in_flight(marketplace) > 0]
            parked = await self._repository.count_parked(busy, marketplace)
            self._parked[marketplace] = (now, parked)
        return room_for(window, in_flight, parked)

    async def _hand_out(self, job: RunningJob, marketplace: str, number: int) -> None:
        document, (place, handed) = job.document, job.cursor(marketplace)
        key = (document["_id"], marketplace)
        sent = self._unkept.get(key)
        if sent is None or not sent.follows(document, place):
            sent = self._unkept[key] = await self._publish(job, marketplace, place, number)
        changes = job.moved(marketplace, sent.reached, handed + len(sent.items))
        moved = await self._repository.move_cursor(document, changes)
        del self._unkept[key]
        if not moved:
            del self._jobs[document["_id"]]  # another feeder was quicker: read it again
            return
        document.update(changes)
        if job.mixed:
            job.outstanding.update(dict.fromkeys((seq for seq, _ in sent.items), marketplace))
        self._throughput[marketplace].hand_out(len(sent.items))
        FED.inc(len(sent.items))

    async def _publish(self, job: RunningJob, marketplace: str, place: int, number: int) -> HandedOut:
        document = job.document
        only = marketplace if job.mixed else None
        items, reached = await self._repository.find_next(document, only, place, number)
        with tracing.continuing(document.get(tracing.TRACEPARENT)):
            await self._broker.publish(
                [collect_command(document["_id"], document["run"], seq, key, document["rev"]) for seq, key in items]
            )
        return HandedOut(document["run"], document.get("pauses") or 0, place, items, reached)
