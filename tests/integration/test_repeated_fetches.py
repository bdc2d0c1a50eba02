"""A database that goes away again and again in the midst of a job costs hardly a page twice."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from services.aggregator.bootstrap import serve_aggregator
from services.aggregator.settings import AggregatorSettings
from services.collector.bootstrap import build
from services.collector.settings import CollectorSettings
from services.expander.bootstrap import serve_expander
from services.expander.queues import JOB_SUBMITTED
from services.expander.settings import ExpanderSettings
from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.broker import Broker
from shared.job_events import submission
from shared.mongo import Database
from tests.builders import HOME, asin, job_document
from tests.cable import laid
from tests.fakes import FakeSource
from tests.integration.shared.conftest import database
from tests.integration.shared.mongo_cable import MongoCable
from tests.waiting import eventually

__all__ = ["database"]

ITEMS = 800
OUTAGES = 4
PAGE_SECONDS = 0.02
OUTAGE_SECONDS = 0.3
# A member of a replica set says where it is, and a client would go there past the cable.
OPTIONS = "directConnection=true&serverMonitoringMode=poll&heartbeatFrequencyMS=500"
_MOVES_THE_CURSOR = re.compile(rb"\x02update\x00.*\x03\$set\x00.{4}\x10fed\x00", re.DOTALL)


class SlowSource(FakeSource):
    """Pages take their time, so that some are always under way."""

    def __init__(self) -> None:
        super().__init__()
        self.products = self._slow

    @staticmethod
    async def _slow(item: Item) -> Product:
        await asyncio.sleep(PAGE_SECONDS)
        return Product(asin=item.asin, title=f"Product {item.asin}")


@asynccontextmanager
async def services(common: dict[str, Any], source: FakeSource) -> AsyncIterator[None]:
    """An expander, an aggregator and two collectors; nobody heals."""
    stop = asyncio.Event()
    fetching: dict[str, Any] = {**common, "interval_seconds": 0, "marketplaces": HOME}
    profit: dict[str, Any] = {"frankfurter_url": "", "open_er_api_url": ""}
    collecting = CollectorSettings(**fetching, **profit, concurrency=20)
    async with AsyncExitStack() as stack:
        collectors = [await stack.enter_async_context(build(collecting, source)) for _ in range(2)]
        running = [
            asyncio.create_task(serve_expander(ExpanderSettings(**fetching, window_items=200), stop)),
            asyncio.create_task(serve_aggregator(AggregatorSettings(**common), stop)),
            *(asyncio.create_task(collector.run(stop, 5.0, 60.0)) for collector in collectors),
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*running), 20.0)


async def stored_job(database: Database) -> dict[str, Any]:
    """A job whose products nobody may use again, however lately they were seen."""
    settings = {"auto_analyze": False, "max_age_seconds": 0}
    job = job_document(settings=settings)
    source = {
        "_id": f"{job['_id']}:0",
        "job_id": job["_id"],
        "n": 0,
        "keys": [f"{HOME}:{asin(n)}" for n in range(ITEMS)],
    }
    await database["sources"].insert_one(source)
    await database["jobs"].insert_one(dict(job))
    return job


class CutAtTheCursor(MongoCable):
    """Breaks each time the feeder is about to keep how far it has handed out a job: those items are on their way."""

    def __init__(self, url: str, times: int) -> None:
        super().__init__(url)
        self.times = times

    def _due(self, body: bytes) -> Mapping[str, Any] | None:
        if self.times and _MOVES_THE_CURSOR.search(body):
            self.times -= 1
            self.cut()
            asyncio.get_running_loop().call_later(OUTAGE_SECONDS, self.mend)
        return super()._due(body)


async def asked_for(
    amqp_url: str,
    cable: MongoCable,
    mongo_database: str,
    database: Database,
    disturb: Callable[[FakeSource], Awaitable[None]],
) -> Counter[str]:
    """How often each page of a job was asked for that was disturbed."""
    source, job = SlowSource(), await stored_job(database)
    common: dict[str, Any] = {
        "amqp_url": amqp_url,
        "mongo_url": f"{cable.url}{'&' if '?' in cable.url else '?'}{OPTIONS}",
        "mongo_database": mongo_database,
        "http_host": "127.0.0.1",
        "http_port": 0,
    }

    async def ended() -> bool:
        stored = await database["jobs"].find_one({"_id": job["_id"]})
        return stored is not None and stored["status"] == "COMPLETED"

    async with services(common, source), Broker(amqp_url, "test", queues=[JOB_SUBMITTED]) as broker:
        await broker.wait_connected()
        await broker.publish([submission(job)])
        await disturb(source)
        await eventually(ended, 60.0)
    return Counter(source.asked)


@pytest.mark.timeout(120)
async def test_window_whose_cursor_was_lost_costs_no_page_twice(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database
) -> None:
    async with laid(CutAtTheCursor(mongo_url, OUTAGES)) as cable:

        async def cut(source: FakeSource) -> None:
            await eventually(lambda: cable.times == 0, 60.0)

        asked = await asked_for(amqp_url, cable, mongo_database, database, cut)
    assert (len(asked), asked.total()) == (ITEMS, ITEMS)


@pytest.mark.timeout(120)
async def test_outages_at_any_moment_cost_no_page_twice(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database
) -> None:
    async with laid(MongoCable(mongo_url)) as cable:

        async def cut(source: FakeSource) -> None:
            for outage in range(1, OUTAGES + 1):
                await eventually(lambda least=outage * ITEMS // (OUTAGES + 2): len(source.asked) >= least, 30.0)
                cable.cut()
                await asyncio.sleep(OUTAGE_SECONDS)
                cable.mend()

        asked = await asked_for(amqp_url, cable, mongo_database, database, cut)
    assert (len(asked), asked.total()) == (ITEMS, ITEMS)
