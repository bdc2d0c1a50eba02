"""Where the sweeper's objects are built."""

from __future__ import annotations

import asyncio

from services.sweeper.announcer import Announcer
from services.sweeper.census import FailureCensus
from services.sweeper.deadletters import DeadLetters
from services.sweeper.deliverer import Deliverer
from services.sweeper.expiry import Expiry
from services.sweeper.healing import Healing
from services.sweeper.item_retries import ItemRetries
from services.sweeper.item_retry_repository import ItemRetryRepository
from services.sweeper.lease import Lease
from services.sweeper.measure_repository import MeasureRepository
from services.sweeper.measures import Measures
from services.sweeper.outbox import Outbox
from services.sweeper.postman import postman
from services.sweeper.queues import USER_EVENTS
from services.sweeper.repository import SweeperRepository
from services.sweeper.retention import Retention
from services.sweeper.retries import FailureRetries
from services.sweeper.rounds import Duty, Rounds
from services.sweeper.schedule_repository import ScheduleRepository
from services.sweeper.schedules import Schedules
from services.sweeper.settings import SweeperSettings
from services.sweeper.telling import MESSAGES
from services.sweeper.webhook_repository import WebhookRepository
from shared.bootstrap import database_of, running, when_database_answers
from shared.broker import Broker
from shared.clock import SystemClock
from shared.failures import FailurePolicy, safety_queues
from shared.messages import JobReached, ProductsNoted
from shared.runner import exit_when_cut_off, run_until, unless_stopped
from shared.worker import Worker

# Events told together: products of a job are gathered for so long, steps wait so long for others; ends for nothing.
BATCH_ITEMS, PRODUCTS_SECONDS, STEPS_SECONDS = 100, 2.0, 0.1


async def serve_sweeper(settings: SweeperSettings, stop: asyncio.Event) -> None:
    trusted, timeout = settings.webhook_trusted, settings.webhook_timeout_seconds
    async with database_of(settings) as database, postman(trusted, timeout, SystemClock()) as sender:
        repository = SweeperRepository(database)
        webhooks, schedules = WebhookRepository(database), ScheduleRepository(database)
        broker = Broker(settings.amqp_url.get_secret_value(), settings.instance, queues=safety_queues())
        dead_letters = DeadLetters(repository, broker)
        lease = Lease(database, "sweeper", settings.instance, settings.lease_seconds)
        duties: dict[str, Duty] = {
            "outbox": Outbox(repository, broker, settings),
            "schedules": Schedules(schedules, SystemClock(), settings.schedule_grace_seconds),
            "healing": Healing(repository, broker, settings),
            "expiry": Expiry(repository, broker, settings),
            "measures": Measures(MeasureRepository(database), SystemClock(), settings.measure_seconds),
            "failure_retries": FailureRetries(repository, broker),
            "item_retries": ItemRetries(ItemRetryRepository(database)),
            "failure_census": FailureCensus(repository, SystemClock()),
            "retention": Retention(repository, settings, SystemClock()),
        }
        period, renew = settings.period_seconds, settings.lease_seconds / 5
        rounds = Rounds(lease, duties, SystemClock(), period_seconds=period, renew_seconds=renew)
        announcer = Announcer(webhooks, broker, SystemClock(), settings.deliveries_days)
        telling = Worker(
            broker,
            USER_EVENTS,
            MESSAGES,
            announcer.handle,
            FailurePolicy(broker, max_attempts=settings.max_attempts),
            prefetch=3 * BATCH_ITEMS,  # those that are gathered leave room for others
            batch_items=BATCH_ITEMS,
            batch_seconds=STEPS_SECONDS,
        )
        telling.gather(PRODUCTS_SECONDS, ProductsNoted.TYPE)
        telling.linger(JobReached.TYPE)
        deliverer = Deliverer(
            webhooks,
            sender,
            SystemClock(),
            period_seconds=settings.delivery_period_seconds,
            timeout_seconds=timeout,
            disable_after_seconds=settings.webhook_disable_days * 86_400,
        )
        await unless_stopped(stop, when_database_answers(webhooks.create_indexes))
        await unless_stopped(stop, when_database_answers(schedules.create_indexes))
        expiring = when_database_answers(lambda: repository.create_indexes(settings.failures_hours * 3600))
        await unless_stopped(stop, expiring)
        async with running(settings, database, broker):
            cut_off = exit_when_cut_off(broker, settings.exit_after_disconnected_seconds)
            await run_until(stop, rounds.run(), dead_letters.run(), telling.run(), deliverer.run(), cut_off)
