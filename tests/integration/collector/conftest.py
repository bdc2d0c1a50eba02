"""Collectors as their processes run them, on a real broker and a real database, with products made by the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.aggregator.queues import ITEMS_FINISHED
from services.collector.bootstrap import Collector, build
from services.collector.queues import collect_queue
from services.collector.settings import CollectorSettings
from shared.broker import Broker
from shared.failures import safety_queues
from shared.ids import product_key
from shared.items import collect_command
from shared.messages import ItemsFinished
from shared.mongo import Database, Document
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeSource
from tests.integration.shared.conftest import OpenBroker, cable, database, open_broker, rabbit
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

__all__ = ["Collecting", "cable", "database", "open_broker", "rabbit"]

QUEUE = collect_queue(HOME)


class Collecting:
    """One job's items in the queue, collectors at work on them, and what comes of it."""

    def __init__(self, settings: dict[str, Any], database: Database, broker: Broker, rabbit: Rabbit) -> None:
        self.settings = settings
        self.database = database
        self.rabbit = rabbit
        self._broker = broker

    async def job(self, **changes: Any) -> str:
        """A running job, as the expander leaves it."""
        job = job_document(**{"status": "PROCESSING", "total_items": 1_000, "fed": 1_000, **changes})
        await self.database["jobs"].insert_one(job)
        return str(job["_id"])

    async def send(self, job_id: str, *seqs: int, run: int = 1) -> None:
        """Item `seq` is product `asin(seq)`."""
        await self._broker.publish([collect_command(job_id, run, seq, product_key(HOME, asin(seq))) for seq in seqs])

    @asynccontextmanager
    async def collector(self, source: FakeSource, **changes: Any) -> AsyncIterator[Collector]:
        settings = CollectorSettings(**{**self.settings, **changes})
        stop = asyncio.Event()
        async with build(settings, source) as collector:
            running = asyncio.create_task(collector.run(stop, 2.0, 60.0))
            try:
                yield collector
            finally:
                stop.set()
                await asyncio.wait_for(running, 10.0)

    @asynccontextmanager
    async def killed_collector(self, source: FakeSource, url: str, **changes: Any) -> AsyncIterator[Collector]:
        """One that is not asked to stop: everything in hand is dropped as it is."""
        settings = CollectorSettings(**{**self.settings, "amqp_url": url, **changes})
        async with build(settings, source) as collector:
            running = asyncio.create_task(collector.run(asyncio.Event(), 2.0, 60.0))
            try:
                yield collector
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

    async def outcomes(self, count: int) -> dict[int, Document]:
        """By seq, as soon as there are so many."""

        async def enough() -> bool:
            stored = await self.database["outcomes"].count_documents({})
            assert stored >= count, f"{stored} of {count} outcomes"
            return True

        assert await eventually(enough)
        found = await self.database["outcomes"].find().to_list(None)
        assert len(found) == count
        return {document["seq"]: document for document in found}

    async def facts(self) -> list[ItemsFinished]:
        letters = await self.rabbit.take_all(ITEMS_FINISHED)
        return [ItemsFinished.model_validate_json(letter.body) for letter in letters]

    async def all_done(self, collector: Collector) -> None:
        """Nothing waits in the queue or in the collector's hands."""

        async def done() -> bool:
            return await self.rabbit.ready(QUEUE) == 0 and collector.idle

        assert await eventually(done)


@pytest.fixture
async def collecting(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database, open_broker: OpenBroker, rabbit: Rabbit
) -> Collecting:
    settings = {
        "amqp_url": amqp_url,
        "mongo_url": mongo_url,
        "mongo_database": mongo_database,
        "http_host": "127.0.0.1",
        "http_port": 0,
        "marketplaces": HOME,
        "frankfurter_url": "",
        "open_er_api_url": "",
        "interval_seconds": 0,
    }
    broker = await open_broker(*safety_queues(), QUEUE, ITEMS_FINISHED)
    return Collecting(settings, database, broker, rabbit)
