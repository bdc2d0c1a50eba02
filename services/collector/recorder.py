"""Makes results durable in batches: page, product, price point, outcome, fact, and only then the acknowledgement."""

from __future__ import annotations

import asyncio
from collections import Counter as Counted
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from prometheus_client import Counter

from services.collector.inhand import InHand
from services.collector.news import news
from services.collector.products import outcome_document
from services.collector.repository import CollectorRepository
from services.collector.results import Observation, Result
from shared import metrics, tracing
from shared.batching import take_batch
from shared.broker import Broker
from shared.clock import Clock
from shared.failures import FailurePolicy
from shared.intake import Delivery
from shared.items import finished
from shared.jobs import ItemStatus
from shared.log import get_logger
from shared.messages import ItemsFinished
from shared.mongo import Document
from shared.outgoing import event
from shared.patience import until_back
from shared.profit.models import Analysis
from shared.topology import Queue

log = get_logger(__name__)

# Rises with every item that has its outcome; origin tells a fetched page from a reused one.
ITEMS = Counter("asinflow_items_total", "Items with their outcome", ["marketplace", "status", "origin"])

# Batches written at once. Writing stands for most of its time in line for the disk; items that meet in two batches are
# as those of two collectors.
WRITERS = 2

# The analysis of a result, given what is stored of its user's product.
Analyst = Callable[[Result, Document], Analysis | None]
QueueOf = Callable[[str], Queue]


class Recorder:
    """Collects results and writes them together; nobody but `run` writes."""

    def __init__(
        self,
        *,
        repository: CollectorRepository,
        broker: Broker,
        failures: FailurePolicy,
        analyst: Analyst,
        queue_of: QueueOf,
        in_hand: InHand,
        clock: Clock,
        batch_items: int,
        batch_seconds: float,
    ) -> None:
        self._repository = repository
        self._broker = broker
        self._failures = failures
        self._analyst = analyst
        self._queue_of = queue_of
        self._in_hand = in_hand
        self._clock = clock
        self._batch_items = batch_items
        self._batch_seconds = batch_seconds
        self._pending: asyncio.Queue[Result] = asyncio.Queue()
        self._unwritten = 0
        self._filling = asyncio.Lock()

    @property
    def idle(self) -> bool:
        return self._unwritten == 0

    def add(self, result: Result) -> None:
        self._unwritten += 1
        self._pending.put_nowait(result)

    async def run(self) -> None:
        """Until cancelled: while one batch is on its way to the disk, the next is filled and follows."""
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(self._write_on(), name=f"recorder-{number}")

    async def _write_on(self) -> None:
        while True:
            async with self._filling:  # one batch at a time, lest two share what would fill one
                batch = await take_batch(self._pending, self._batch_items, self._batch_seconds)
            await self._write(batch)
            for result in batch:
                self._in_hand.settle(result.task)
            self._unwritten -= len(batch)

    async def drain(self) -> None:
        """Return once everything added has been written."""
        while not self.idle:  # noqa: ASYNC110  polled only while stopping
            await asyncio.sleep(0.01)

    async def _write(self, batch: Sequence[Result]) -> None:
        """Write together; when that fails for a reason of one result, each by itself."""
        try:
            async for attempt in until_back():
                with attempt:
                    live = [result for result in batch if not in_vain(result)]
                    with tracing.batch("store items", (result.traceparent for result in live)):
                        await self._store(live)
        except Exception as error:
            if len(batch) > 1:
                for result in batch:
                    await self._write([result])
                return
            log.exception("result_not_stored", outcome_id=batch[0].task.outcome_id)
            task = batch[0].task
            await self._failures.settle_in_time(self._queue_of(task.command.marketplace), task.delivery, error)

    async def _store(self, results: Sequence[Result]) -> None:
        if not results:
            return
        observed = await self._observed(results)
        known = await self._repository.find_products(observed)
        analysed = [(r, seen, self._analyst(r, known.get(r.task.product_id, {}))) for r, seen in observed]
        await self._repository.upsert_products(analysed, known)
        new = [r for r in results if r.known_status is None]
        now = self._clock.now()
        # Before the outcomes: with those stored, a repetition has nothing to tell any more.
        if noted := news(analysed, now):
            await self._broker.publish([event(message) for message in noted])
        documents = [outcome_document(r, r.task.delivery.attempt, now) for r in new]
        stored = await self._repository.insert_outcomes(documents)
        statuses = [(r, stored.get(r.task.outcome_id, r.status)) for r in results]
        await self._tell(statuses)
        await self._finish(statuses)

    async def _tell(self, statuses: Sequence[tuple[Result, ItemStatus]]) -> None:
        """Each fact goes on with the trace of its job."""
        traces = {result.task.command.job_id: {tracing.TRACEPARENT: result.traceparent} for result, _ in statuses}
        told = facts(statuses)
        await self._broker.publish(
            [event(fact, headers=tracing.headers_of(traces[fact.job_id]), mandatory=True) for fact in told]
        )
        for fact in told:
            with tracing.continuing(traces[fact.job_id][tracing.TRACEPARENT]):
                counts = {"succeeded": len(fact.succeeded), "failed": len(fact.failed)}
                log.info("items_finished", job_id=fact.job_id, run=fact.run, **counts)

    async def _observed(self, results: Sequence[Result]) -> list[tuple[Result, Observation]]:
        """The results that have an observation, now stored with the point of its history that it stands at."""
        observed = [(result, result.observation) for result in results if result.observation is not None]
        # Those who shared another's flight hold an observation without its point as well.
        new = {result.task.key: seen for result, seen in observed if seen.point is None}
        points = await self._repository.upsert_observations(new)
        return [(r, seen if seen.point else replace(seen, point=points[r.task.key])) for r, seen in observed]

    async def _finish(self, statuses: Sequence[tuple[Result, ItemStatus]]) -> None:
        good: dict[str, list[Delivery]] = defaultdict(list)
        for result, _ in statuses:
            name, delivery = result.task.command.marketplace, result.task.delivery
            if result.bug is not None:
                await self._failures.settle(self._queue_of(name), delivery, result.bug)
            else:
                delivery.done()
                good[name].append(delivery)
        for name, deliveries in good.items():
            queue = self._queue_of(name)
            self._failures.brake(queue).succeeded(len(deliveries))
            metrics.settled(queue.name, deliveries, "ok")
        new = ((r.task.command.marketplace, str(s), r.origin) for r, s in statuses if r.known_status is None)
        for labels, number in Counted(new).items():
            ITEMS.labels(*labels).inc(number)


def in_vain(result: Result) -> bool:
    """Its delivery went back to the broker and it brings nothing new; what was fetched for one is kept all the same."""
    return result.task.delivery.stale and (result.known_status is not None or result.bug is not None)


def facts(statuses: Iterable[tuple[Result, ItemStatus]]) -> list[ItemsFinished]:
    """One message per job and run."""
    groups: dict[tuple[str, int], dict[int, ItemStatus]] = defaultdict(dict)
    for result, status in statuses:
        command = result.task.command
        groups[command.job_id, command.run][command.seq] = status
    return [finished(job_id, run, by_seq) for (job_id, run), by_seq in groups.items()]
