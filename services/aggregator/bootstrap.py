"""Where the aggregator's objects are built."""

from __future__ import annotations

import asyncio

from services.aggregator.handlers import Aggregator
from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.aggregator.repository import AggregatorRepository
from services.aggregator.settings import AggregatorSettings
from services.aggregator.teller import EventTeller
from shared.bootstrap import database_of, running, when_database_answers
from shared.broker import Broker
from shared.clock import SystemClock
from shared.failures import FailurePolicy, safety_queues
from shared.messages import ItemsFinished, JobExpanded
from shared.runner import exit_when_cut_off, run_until, unless_stopped
from shared.worker import Worker


async def serve_aggregator(settings: AggregatorSettings, stop: asyncio.Event) -> None:
    async with database_of(settings) as database:
        repository = AggregatorRepository(database)
        broker = Broker(settings.amqp_url.get_secret_value(), settings.instance, queues=safety_queues())
        teller = EventTeller(
            broker, repository.mark_announced, repository.judge, SystemClock(), settings.events_per_second
        )
        aggregator = Aggregator(repository, teller)
        failures = FailurePolicy(broker, max_attempts=settings.max_attempts)
        facts = Worker(
            broker,
            ITEMS_FINISHED,
            [ItemsFinished],
            aggregator.handle_items_finished,
            failures,
            prefetch=settings.prefetch,
            batch_items=settings.batch_items,
            batch_seconds=settings.batch_seconds,
        )
        expanded = Worker(
            broker,
            JOB_EXPANDED,
            [JobExpanded],
            aggregator.handle_job_expanded,
            failures,
            batch_items=settings.batch_items,
            batch_seconds=settings.batch_seconds,
        )
        await unless_stopped(stop, when_database_answers(repository.create_indexes))
        async with running(settings, database, broker):
            cut_off = exit_when_cut_off(broker, settings.exit_after_disconnected_seconds)
            await run_until(stop, facts.run(), expanded.run(), teller.tell_held(), cut_off)
