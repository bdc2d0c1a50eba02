"""The only place where the parts of the API are built and wired."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

import httpx

from services.api import live
from services.api.app import create_app
from services.api.audit import Auditor
from services.api.auth import Authenticator
from services.api.courier import Courier
from services.api.dependencies import Parts
from services.api.error_groups import FailureCounter
from services.api.failure_repository import MongoFailureStore
from services.api.handlers import JobHandlers
from services.api.item_reader import ItemReader
from services.api.item_repository import MongoItemStore
from services.api.job_profit import ProfitReader
from services.api.jwks import CachedKeySet, fetcher
from services.api.key_repository import MongoKeyStore, MongoQuotaStore
from services.api.keys import KeyDesk
from services.api.life_repository import MongoLifeStore
from services.api.lifecycle import LifeCycle
from services.api.operations_repository import MongoOperationsStore
from services.api.price_desk import PriceDesk
from services.api.product_repository import MongoProductStore
from services.api.profit import ProfitDesk
from services.api.queues import BrokerQueues, ManagedQueues, QueueReader, vhost_of
from services.api.quote_repository import MongoQuoteStore
from services.api.quoter import Quoter
from services.api.ratelimits import RateLimits, policies
from services.api.repository import ensure_indexes
from services.api.reprice_desk import RepriceDesk
from services.api.reprice_repository import MongoRepricingStore
from services.api.repricer import LEASE_SECONDS, Repricer
from services.api.results import ResultReader
from services.api.sample_repository import MongoSampleStore
from services.api.schedule_desk import ScheduleDesk
from services.api.schedule_repository import MongoScheduleStore
from services.api.settings import ApiSettings
from services.api.stats import StatsDesk
from services.api.stats_repository import MongoStatsStore
from services.api.submitter import Submitter
from services.api.webhook_desk import WebhookDesk
from services.api.webhook_repository import MongoWebhookStore
from shared import health
from shared.bootstrap import when_database_answers
from shared.broker import Broker
from shared.clock import Clock, SystemClock
from shared.intake import Intake
from shared.lease import Lease
from shared.log import get_logger
from shared.mongo import Database, connect, ping
from shared.profit import load_tables
from shared.ratestore import exchange_rates
from shared.watch import watch

log = get_logger(__name__)


async def serve(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve HTTP until `stop`; then end live streams first, since they would hold the server open."""
    async with running(settings) as parts, health.serve(create_app(parts), settings.http_host, settings.http_port):
        log.info("serving", host=settings.http_host, port=settings.http_port)
        try:
            await stop.wait()
        finally:
            parts.live.close()


@contextlib.asynccontextmanager
async def running(settings: ApiSettings) -> AsyncIterator[Parts]:
    """The parts of the API, with what keeps them up to date running in the background.

    Neither the database nor the broker need be there: requests answer 503 until the first is, jobs are accepted
    without the second.
    """
    clock = SystemClock()
    tables = load_tables(settings.profit_tables)
    live_jobs = live.LiveJobs(settings.max_streams_per_user)
    async with (
        connect(settings.mongo_url.get_secret_value(), settings.mongo_database, app="asinflow-api") as database,
        Broker(settings.amqp_url.get_secret_value(), settings.instance) as broker,
        httpx.AsyncClient() as client,
        exchange_rates(settings, database, clock) as rates,
    ):
        preparation = _Preparation(database)
        job_store = MongoLifeStore(database)
        jobs = JobHandlers(job_store, broker)
        item_store, product_store = MongoItemStore(database), MongoProductStore(database)
        items = ItemReader(item_store)
        results = ResultReader(items, product_store)
        keys = _key_desk(settings, database, clock)
        pricing = _pricing(settings, database, results, ProfitDesk(tables, rates.current))
        intake = Intake(broker, live.events_queue(settings.instance), live.PREFETCH)
        feeding = live.feed(intake, live_jobs)
        async with _background(preparation.run(), feeding, pricing.repricer.run(), watch(database)):
            yield Parts(
                settings=settings,
                authenticator=_authenticator(settings, client),
                jobs=jobs,
                life=LifeCycle(job_store, Courier(broker)),
                submitter=Submitter(jobs, job_store, keys, clock.now),
                keys=keys,
                quoter=Quoter(MongoQuoteStore(database), settings, clock.now),
                stats=StatsDesk(MongoStatsStore(database), clock),
                limits=RateLimits(MongoQuotaStore(database), policies(settings), clock),
                items=items,
                results=results,
                job_profit=pricing.summaries,
                repricing=pricing.desk,
                prices=PriceDesk(product_store, pricing.profit),
                error_groups=FailureCounter(item_store, items),
                auditor=Auditor(item_store),
                products=product_store,
                samples=MongoSampleStore(database),
                failures=MongoFailureStore(database),
                queues=_queues(settings, broker, client),
                profit=pricing.profit,
                operations=MongoOperationsStore(database),
                webhooks=WebhookDesk(MongoWebhookStore(database), settings, settings.webhooks_per_user, clock),
                schedules=ScheduleDesk(MongoScheduleStore(database), jobs, settings, clock),
                live=live_jobs,
                broker_connected=lambda: broker.connected,
                checks={"database": preparation.ready, "broker": broker.usable},
                clock=clock,
            )


@dataclass(frozen=True, slots=True)
class _Pricing:
    """All that tells or changes what products would earn."""

    profit: ProfitDesk
    summaries: ProfitReader
    desk: RepriceDesk
    repricer: Repricer


def _pricing(settings: ApiSettings, database: Database, results: ResultReader, profit: ProfitDesk) -> _Pricing:
    products, repricings = MongoProductStore(database), MongoRepricingStore(database)
    summaries = ProfitReader(results, products)
    desk = RepriceDesk(repricings, profit, results, products, summaries)
    repricer = Repricer(
        store=repricings,
        jobs=MongoLifeStore(database),
        results=results,
        products=products,
        desk=profit,
        lease=Lease(database, "repricer", settings.instance, LEASE_SECONDS),
        wake=desk.asked_for,
    )
    return _Pricing(profit, summaries, desk, repricer)


class _Preparation:
    """Creates the indexes as soon as the database lets it; before, the process is not ready."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done = False

    async def run(self) -> None:
        await when_database_answers(lambda: ensure_indexes(self._database))
        self._done = True

    async def ready(self) -> bool:
        return self._done and await ping(self._database)


def _key_desk(settings: ApiSettings, database: Database, clock: Clock) -> KeyDesk:
    lifetime, lease = settings.idempotency_key_hours * 3600, settings.idempotency_lease_seconds
    return KeyDesk(MongoKeyStore(database, lifetime, lease), clock, lease=lease)


def _authenticator(settings: ApiSettings, client: httpx.AsyncClient) -> Authenticator:
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
    keys = CachedKeySet(fetcher(client, settings.jwks_url), SystemClock()) if settings.jwks_url else None
    return Authenticator(secret, keys, issuer=settings.jwt_issuer, audience=settings.jwt_audience)


def _queues(settings: ApiSettings, broker: Broker, client: httpx.AsyncClient) -> QueueReader:
    asking = BrokerQueues(broker, settings.marketplaces)
    if settings.amqp_management_url is None:
        return asking
    vhost = vhost_of(settings.amqp_url.get_secret_value())
    return ManagedQueues(client, settings.amqp_management_url.get_secret_value(), vhost, asking)


@contextlib.asynccontextmanager
async def _background(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `loops` while the block runs; the failure of one fails the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        yield
        for task in tasks:
            task.cancel()
