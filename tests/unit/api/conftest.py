"""The API around fakes, spoken to over HTTP without a network."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from services.api.audit import Auditor
from services.api.auth import Authenticator
from services.api.courier import Courier
from services.api.dependencies import Parts
from services.api.error_groups import FailureCounter
from services.api.handlers import JobHandlers
from services.api.item_reader import ItemReader
from services.api.job_profit import ProfitReader
from services.api.keys import KeyDesk
from services.api.lifecycle import LifeCycle
from services.api.live import LiveJobs
from services.api.price_desk import PriceDesk
from services.api.profit import ProfitDesk
from services.api.quoter import Quoter
from services.api.ratelimits import RateLimits, policies
from services.api.reprice_desk import RepriceDesk
from services.api.repricer import Repricer
from services.api.results import ResultReader
from services.api.schedule_desk import ScheduleDesk
from services.api.settings import ApiSettings
from services.api.stats import StatsDesk
from services.api.submitter import Submitter
from services.api.webhook_desk import WebhookDesk
from shared.profit import Rate, load_tables
from tests.unit.api.app import app_around
from tests.unit.api.builders import NOW, RATE, SECRET, api_settings
from tests.unit.api.fake_repricings import FakeLease, FakeRepricingStore
from tests.unit.api.fake_schedules import FakeScheduleStore
from tests.unit.api.fake_webhooks import FakeWebhookStore
from tests.unit.api.fakes import (
    FakeBroker,
    FakeClock,
    FakeFailureStore,
    FakeItemStore,
    FakeJobStore,
    FakeKeyStore,
    FakeOperationsStore,
    FakeProductStore,
    FakeQueues,
    FakeQuotaStore,
    FakeQuoteStore,
    FakeSampleStore,
    FakeStatsStore,
)


@dataclass
class World:
    """The fakes behind the API, for tests to arrange and to look into."""

    settings: ApiSettings = field(default_factory=api_settings)
    jobs: FakeJobStore = field(default_factory=FakeJobStore)
    keys: FakeKeyStore = field(default_factory=FakeKeyStore)
    quotas: FakeQuotaStore = field(default_factory=FakeQuotaStore)
    quotes: FakeQuoteStore = field(default_factory=FakeQuoteStore)
    items: FakeItemStore = field(default_factory=FakeItemStore)
    products: FakeProductStore = field(default_factory=FakeProductStore)
    repricings: FakeRepricingStore = field(default_factory=FakeRepricingStore)
    samples: FakeSampleStore = field(default_factory=FakeSampleStore)
    webhooks: FakeWebhookStore = field(default_factory=FakeWebhookStore)
    schedules: FakeScheduleStore = field(default_factory=FakeScheduleStore)
    failures: FakeFailureStore = field(default_factory=FakeFailureStore)
    queues: FakeQueues = field(default_factory=FakeQueues)
    operations: FakeOperationsStore = field(default_factory=FakeOperationsStore)
    broker: FakeBroker = field(default_factory=FakeBroker)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    live: LiveJobs = field(default_factory=lambda: LiveJobs(max_per_user=2))
    ready: bool = True
    rate: Rate = RATE
    rates: Callable[[], Mapping[str, Rate]] | None = None

    def __post_init__(self) -> None:
        self.repricings.jobs = self.jobs

    @property
    def profit(self) -> ProfitDesk:
        return ProfitDesk(load_tables(None), self.rates or (lambda: {"JPY": self.rate}))

    def repricer(self, block: int = 500) -> Repricer:
        return Repricer(
            store=self.repricings,
            jobs=self.jobs,
            results=ResultReader(ItemReader(self.items), self.products),
            products=self.products,
            desk=self.profit,
            lease=FakeLease(),
            wake=asyncio.Event(),
            block=block,
        )

    def parts(self) -> Parts:
        async def database() -> bool:
            return self.ready

        async def broker() -> bool:
            return self.broker.connected

        items = ItemReader(self.items)
        results = ResultReader(items, self.products)
        jobs = JobHandlers(self.jobs, self.broker)
        profit, job_profit = self.profit, ProfitReader(results, self.products)
        desk = KeyDesk(self.keys, self.clock, lease=60)
        return Parts(
            settings=self.settings,
            authenticator=Authenticator(SECRET),
            jobs=jobs,
            life=LifeCycle(self.jobs, Courier(self.broker)),
            submitter=Submitter(jobs, self.jobs, desk, self.clock.now),
            keys=desk,
            quoter=Quoter(self.quotes, self.settings, self.clock.now),
            stats=StatsDesk(FakeStatsStore(self.jobs, self.products), self.clock),
            limits=RateLimits(self.quotas, policies(self.settings), self.clock),
            items=items,
            results=results,
            job_profit=job_profit,
            repricing=RepriceDesk(self.repricings, profit, results, self.products, job_profit),
            prices=PriceDesk(self.products, profit),
            error_groups=FailureCounter(self.items, items),
            auditor=Auditor(self.items),
            products=self.products,
            samples=self.samples,
            failures=self.failures,
            queues=self.queues,
            profit=profit,
            operations=self.operations,
            webhooks=WebhookDesk(self.webhooks, self.settings, self.settings.webhooks_per_user, self.clock),
            schedules=ScheduleDesk(self.schedules, jobs, self.settings, self.clock),
            live=self.live,
            broker_connected=lambda: self.broker.connected,
            checks={"database": database, "broker": broker},
            clock=self.clock,
        )

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app_around(self.parts()))
        return httpx.AsyncClient(transport=transport, base_url="http://api")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client
