"""Where a collector's objects are built; everything with a life of its own is a context manager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from services.collector.analyst import Analyst
from services.collector.inhand import InHand
from services.collector.jobstates import JobStates
from services.collector.pipeline import MarketplacePipeline, Parts
from services.collector.queues import collect_queue
from services.collector.recorder import Recorder
from services.collector.repository import CollectorRepository
from services.collector.settings import CollectorSettings
from services.collector.valve import Valve
from shared.blocks import find_blocks
from shared.bootstrap import database_of, running, when_database_answers
from shared.broker import Broker
from shared.clock import SystemClock
from shared.failures import FailurePolicy, safety_queues
from shared.profit.tables import load_tables
from shared.ratestore import exchange_rates
from shared.runner import exit_when_cut_off, run_until, unless_stopped
from shared.source import Source
from shared.sources import open_source

# With nothing to do for so long, the queues are empty; without the broker for so long, nobody will ever know.
EMPTY_SECONDS = 1.0
EMPTY_CUT_OFF_SECONDS = 60.0


@dataclass(frozen=True)
class Collector:
    """One collector process, wired."""

    broker: Broker
    repository: CollectorRepository
    states: JobStates
    recorder: Recorder
    pipelines: list[MarketplacePipeline]
    valve: Valve

    @property
    def idle(self) -> bool:
        return self.recorder.idle and all(pipeline.idle for pipeline in self.pipelines)

    async def run(
        self, stop: asyncio.Event, grace_seconds: float, cut_off_seconds: float, *, until_empty: bool = False
    ) -> None:
        """Until `stop`, or until there has been nothing to do for a while; then finish or give back what is in hand."""
        background = [asyncio.create_task(self.recorder.run()), asyncio.create_task(self.states.keep_fresh())]
        try:
            loops = [self.valve.run(), *(pipeline.run() for pipeline in self.pipelines)]
            if until_empty:
                loops.append(self._until_idle())
            await run_until(stop, *loops, exit_when_cut_off(self.broker, cut_off_seconds), _first_failure(background))
            await asyncio.gather(*(pipeline.stop(grace_seconds) for pipeline in self.pipelines))
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    async def _until_idle(self) -> None:
        await self.broker.wait_connected()
        quiet = 0.0
        while quiet < EMPTY_SECONDS:
            await asyncio.sleep(0.1)
            quiet = quiet + 0.1 if self.idle else 0.0


async def _first_failure(tasks: list[asyncio.Task[None]]) -> None:
    """Pass on the first error among tasks that never end by themselves, without ending them."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


@asynccontextmanager
async def build(
    settings: CollectorSettings, source: Source | None = None, stop: asyncio.Event | None = None
) -> AsyncIterator[Collector]:
    """`source` replaces the configured ones, in tests and benchmarks.

    Raises StoppedError when `stop` is set while the database is still waited for.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_of(settings))
        if source is None:
            source = await stack.enter_async_context(open_source(settings, database))
        rates = await stack.enter_async_context(exchange_rates(settings, database, clock))
        broker = Broker(settings.amqp_url.get_secret_value(), settings.instance, queues=safety_queues())
        repository = CollectorRepository(database)
        failures = FailurePolicy(broker, max_attempts=settings.max_attempts)
        states = JobStates(repository, clock)
        in_hand = InHand()
        recorder = Recorder(
            repository=repository,
            broker=broker,
            failures=failures,
            analyst=Analyst(load_tables(settings.profit_tables), rates.current),
            queue_of=collect_queue,
            in_hand=in_hand,
            clock=clock,
            batch_items=settings.batch_items,
            batch_seconds=settings.batch_seconds,
        )
        parts = Parts(broker, repository, states, source, recorder, in_hand, failures, clock)
        pipelines = {name: _pipeline(name, parts, settings) for name in settings.marketplaces}
        valve = Valve(lambda: find_blocks(database["pace"]), pipelines, clock, settings.block_hold_seconds)
        await unless_stopped(stop or asyncio.Event(), when_database_answers(repository.create_indexes))
        await stack.enter_async_context(running(settings, database, broker))
        yield Collector(broker, repository, states, recorder, list(pipelines.values()), valve)


def _pipeline(name: str, parts: Parts, settings: CollectorSettings) -> MarketplacePipeline:
    prefetch, hold = settings.prefetch_for(name), settings.hold_seconds
    return MarketplacePipeline(name, parts, prefetch=prefetch, concurrency=settings.concurrency, hold_seconds=hold)


async def serve_collector(settings: CollectorSettings, stop: asyncio.Event) -> None:
    cut_off = EMPTY_CUT_OFF_SECONDS if settings.until_empty else settings.exit_after_disconnected_seconds
    async with build(settings, stop=stop) as collector:
        await collector.run(stop, settings.shutdown_seconds / 2, cut_off, until_empty=settings.until_empty)
