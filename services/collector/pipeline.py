"""The way of an item through a collector: take, see what is already known, fetch, hand over to the recorder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from services.collector.inhand import InHand
from services.collector.jobstates import JobStates, is_late
from services.collector.products import cut_to_milliseconds, page_document
from services.collector.queues import collect_queue
from services.collector.recorder import Recorder
from services.collector.repository import CollectorRepository
from services.collector.results import ItemError, Observation, Result, Task
from services.collector.valve import Prefetch
from shared import metrics, tracing
from shared.amazon.identifiers import Item
from shared.batching import take_batch
from shared.broker import Broker
from shared.clock import Clock
from shared.errors import (
    IMPOSSIBLE_ITEM,
    AsinflowError,
    BlockedError,
    DecodeError,
    NoLongerWantedError,
    PermanentError,
    RetryableError,
)
from shared.failures import FailurePolicy
from shared.flights import Flights
from shared.intake import Delivery, Intake
from shared.jobs import ItemStatus
from shared.log import get_logger
from shared.messages import CollectItem
from shared.mongo import Document
from shared.patience import until_back
from shared.retry import RetryAfter
from shared.source import Source
from shared.worker import decode

log = get_logger(__name__)

TAKE_ITEMS = 100
TAKE_SECONDS = 0.01
# For jobs that say nothing: how old an observation may be to be used again.
DEFAULT_MAX_AGE_SECONDS = 300.0


@dataclass(frozen=True)
class Parts:
    """What the pipelines of one process share."""

    broker: Broker
    repository: CollectorRepository
    states: JobStates
    source: Source
    recorder: Recorder
    in_hand: InHand
    failures: FailurePolicy
    clock: Clock


class MarketplacePipeline:
    """Everything one process does for one marketplace."""

    def __init__(self, marketplace: str, parts: Parts, *, prefetch: int, concurrency: int, hold_seconds: float) -> None:
        """What got no turn within `hold_seconds` goes back to the end of the queue."""
        self._queue = collect_queue(marketplace)
        self._repository = parts.repository
        self._states = parts.states
        self._source = parts.source
        self._recorder = parts.recorder
        self._failures = parts.failures
        self._clock = parts.clock
        self._prefetch = prefetch
        self._held = False
        self._hold_seconds = hold_seconds
        self._intake = Intake(parts.broker, self._queue, prefetch)
        self._slots = asyncio.Semaphore(concurrency)
        self._flights: Flights[Observation] = Flights()
        self._taken = parts.in_hand
        self._again: asyncio.Queue[Task] = asyncio.Queue()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Nothing is in hand, and nothing lies in the queue that is left there on purpose."""
        return self._intake.unfinished == 0 and not self._held

    async def hold(self, prefetch: Prefetch) -> None:
        """Hold no more than `prefetch` messages; None is the usual number."""
        self._held = prefetch is not None
        await self._intake.hold(self._prefetch if prefetch is None else min(prefetch, self._prefetch))

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take())
            group.create_task(self._look_again())

    async def _take(self) -> None:
        while True:
            deliveries = await self._intake.batch(TAKE_ITEMS, TAKE_SECONDS)
            await self._begin([(d, command) for d in deliveries if (command := await self._decode(d))])

    async def _look_again(self) -> None:
        """At items of which another delivery was in hand: with that settled, most have their outcome."""
        while True:
            tasks = await take_batch(self._again, TAKE_ITEMS, TAKE_SECONDS)
            await self._begin([(task.delivery, task.command) for task in tasks if not task.delivery.stale])

    async def _begin(self, commands: Sequence[tuple[Delivery, CollectItem]]) -> None:
        try:
            with self._taken.looking() as overtaken:
                tasks = await self._look_up(commands)
        except Exception as error:  # noqa: BLE001  whatever went wrong is settled, never dropped
            for delivery, _ in commands:
                await self._failures.settle_in_time(self._queue, delivery, error)
            return
        for task, known, last in tasks:
            if known is None and task.outcome_id in overtaken:
                self._again.put_nowait(task)
                continue
            try:
                self._dispatch(task, known, last)
            except PermanentError as error:
                await self._failures.settle_in_time(self._queue, task.delivery, error)
            except Exception as error:  # noqa: BLE001  as above, and no other item's fault
                if (result := await self._failed(task, error)) is not None:
                    self._recorder.add(result)

    async def stop(self, grace_seconds: float) -> None:
        """Finish the requests that were sent, give the rest back to the queue."""
        for task in self._in_hand - self._sending:
            task.cancel()
        if self._sending:
            await asyncio.wait(list(self._sending), timeout=grace_seconds)
        for task in list(self._in_hand):
            task.cancel()
        await self._recorder.drain()
        await self._intake.close()

    async def _look_up(
        self, commands: Sequence[tuple[Delivery, CollectItem]]
    ) -> list[tuple[Task, ItemStatus | None, Document | None]]:
        """The items still to be done, each with the outcome it may have already and its product's last observation."""
        async for attempt in until_back():
            with attempt:
                tasks = await self._wanted(commands)
                known = await self._repository.find_statuses([task.outcome_id for task in tasks])
                new = [task for task in tasks if task.outcome_id not in known]
                observations = await self._repository.find_observations({task.key for task in new})
        return [(task, known.get(task.outcome_id), observations.get(task.key)) for task in tasks]

    async def _decode(self, delivery: Delivery) -> CollectItem | None:
        try:
            return decode(delivery, [CollectItem])
        except DecodeError as error:
            await self._failures.settle_in_time(self._queue, delivery, error)
            return None

    async def _wanted(self, commands: Sequence[tuple[Delivery, CollectItem]]) -> list[Task]:
        """The items still to be done; messages of jobs that are gone, ended or in a later run are finished here."""
        revs: dict[str, int] = {}
        for _, command in commands:
            revs[command.job_id] = max(command.rev, revs.get(command.job_id, 0))
        states = await self._states.load(revs)
        tasks = []
        for delivery, command in commands:
            state = states[command.job_id]
            if state is None or is_late(state, command.run):
                self._drop(delivery)
            else:
                tasks.append(Task(command, delivery, state))
        return tasks

    def _drop(self, delivery: Delivery) -> None:
        delivery.done()
        metrics.settled(self._queue.name, [delivery], "late")

    def _dispatch(self, task: Task, known: ItemStatus | None, last: Document | None) -> None:
        total = task.job.total_items
        if total is not None and task.command.seq >= total:
            raise PermanentError(f"the job has {total} items, none of seq {task.command.seq}", code=IMPOSSIBLE_ITEM)
        if known is not None:
            self._recorder.add(Result(task, known_status=known))
            return
        max_age = float(task.job.settings.get("max_age_seconds", DEFAULT_MAX_AGE_SECONDS))
        # By either sign: what a machine with a wrong clock has seen must not stay fresh until that time comes.
        if last is not None and abs(self._clock.now() - last["observed_at"]) < timedelta(seconds=max_age):
            seen = Observation(last["page"], last["observed_at"], last.get("point"))
            self._recorder.add(Result(task, "reused", seen))
            return
        if not self._taken.take(task, self._again.put_nowait):
            return
        running = asyncio.create_task(self._collect(task, new=last is None), name=task.outcome_id)
        self._in_hand.add(running)
        running.add_done_callback(self._in_hand.discard)

    async def _collect(self, task: Task, *, new: bool) -> None:
        """`new` when nothing is known of its product yet."""
        result = None
        try:
            handling = tracing.handling(CollectItem.TYPE, task.delivery.headers, outcome_id=task.outcome_id)
            with handling, self._states.held(task.command.job_id):
                result = await self._get(task, new=new)
        finally:
            if result is None:
                self._taken.settle(task)
            else:
                self._recorder.add(result)

    async def _get(self, task: Task, *, new: bool) -> Result | None:
        """What is to be recorded; None when the item was given up or put back."""
        try:
            held = self._clock.monotonic() - task.delivery.arrived_at
            async with InLine(patience(self._hold_seconds, held)) as limit, self._slots:
                async for attempt in until_back():
                    with attempt:
                        observation, first = await self._flights.fly(
                            task.key, lambda: self._observe(task, limit, new=new)
                        )
            return Result(task, "fetched" if first else "reused", observation)
        except NoLongerWantedError:
            self._drop(task.delivery)
            return None
        except Exception as error:  # noqa: BLE001  whatever went wrong is settled, never dropped
            return await self._failed(task, error)

    async def _observe(self, task: Task, limit: asyncio.Timeout, *, new: bool) -> Observation:
        command = task.command
        item = Item(asin=command.asin, marketplace=command.marketplace)
        running = asyncio.current_task()

        def wanted() -> bool:
            # A delivery that went back to the broker comes again, to somebody.
            if task.delivery.stale or not self._states.wanted(command.job_id, command.run, command.rev):
                return False
            if running is not None:  # from here on it is finished rather than given back
                limit.reschedule(None)
                self._sending.add(running)
                running.add_done_callback(self._sending.discard)
            return True

        product = await self._source.product(item, wanted)
        return Observation(page_document(product), cut_to_milliseconds(self._clock.now()), first=new)

    async def _failed(self, task: Task, error: Exception) -> Result | None:
        """Try again later, or let this be the item's outcome; an unforeseen error goes to the failure store as well."""
        foreseen = isinstance(error, AsinflowError)
        if not self._failures.final(task.delivery, error):
            async for attempt in until_back():
                with attempt:
                    await self._postpone(task, error)
            return None
        if not foreseen:
            log.error("collecting_failed", outcome_id=task.outcome_id, exc_info=error)
            await self._failures.hold_back(self._queue, task.delivery, error)
        described = describe(error, retryable=isinstance(error, RetryableError))
        return Result(task, error=described, bug=None if foreseen else error)

    async def _postpone(self, task: Task, error: Exception) -> None:
        delivery = task.delivery
        if delivery.stale:
            return
        decision = self._failures.decide(delivery, error)
        if isinstance(decision, RetryAfter):
            # An attempt that does not count was none.
            attempts = delivery.attempt - (not decision.counts)
            described = describe(error, retryable=True).as_document()
            await self._repository.mark_attempt(task, attempts, described, decision.seconds)
        await self._failures.settle(self._queue, delivery, error, decision)


def patience(hold_seconds: float, held_seconds: float) -> float:
    """How long a delivery that is held for so long already may still wait for its turn: one that waited for another of
    its item has had most of it."""
    return max(hold_seconds - held_seconds, hold_seconds / 10)


class InLine:
    """Raises BlockedError when the block takes longer: a message must never be held until the broker takes it away."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> asyncio.Timeout:
        return await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, traceback)
        except TimeoutError as late:
            raise BlockedError(f"no turn within {round(self._seconds, 1):g} s", code="no_turn") from late


def describe(error: Exception, *, retryable: bool) -> ItemError:
    """What the item's user is told."""
    if isinstance(error, AsinflowError):
        return ItemError(error.code, error.message, retryable)
    return ItemError("internal_error", "an unexpected error; operators find it in the failure store", retryable)
