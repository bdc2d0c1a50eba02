"""Sweepers as their processes run them, on a real broker and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.collector.queues import collect_queue
from services.expander.queues import JOB_SUBMITTED
from services.sweeper.bootstrap import serve_sweeper
from services.sweeper.settings import SweeperSettings
from shared.failures import safety_queues
from shared.ids import product_key
from shared.messages import JobCompleted, JobFailed
from shared.mongo import Database, Document
from shared.topology import EVENTS, work_queue
from tests.builders import HOME, asin, job_document
from tests.integration.shared.conftest import OpenBroker, cable, database, open_broker, rabbit
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

__all__ = ["Sweeping", "ago", "cable", "database", "open_broker", "rabbit"]

COLLECT = collect_queue(HOME)
NEWS = work_queue("news", EVENTS, JobCompleted.TYPE, JobFailed.TYPE)
QUEUES = (*safety_queues(), JOB_SUBMITTED, NEWS, JOB_EXPANDED, ITEMS_FINISHED, COLLECT)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


class Sweeping:
    def __init__(self, settings: dict[str, Any], database: Database, rabbit: Rabbit) -> None:
        self.settings = settings
        self.database = database
        self.rabbit = rabbit

    @asynccontextmanager
    async def sweeper(self, name: str = "s0", **changes: Any) -> AsyncIterator[asyncio.Task[None]]:
        settings = SweeperSettings(**{**self.settings, "instance": name, **changes})
        stop = asyncio.Event()
        running = asyncio.create_task(serve_sweeper(settings, stop))
        try:
            yield running
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(running, return_exceptions=True), 10.0)

    async def job(self, *, age: float = 0.0, **changes: Any) -> str:
        """A job that nobody touched for `age` seconds."""
        moments = {"queued_at": ago(age), "updated_at": ago(age)}
        job = job_document(**{**moments, **changes})
        await self.database["jobs"].insert_one(job)
        return str(job["_id"])

    async def running_job(self, total: int, fed: int, *, age: float = 3_600.0, **changes: Any) -> str:
        """A job whose items are stored and handed out up to `fed`."""
        job_id = await self.job(age=age, **{"status": "PROCESSING", "total_items": total, "fed": fed, **changes})
        chunk = {"job_id": job_id, "run": 1, "first": 0, "last": total - 1}
        keys = [product_key(HOME, asin(number)) for number in range(total)]
        await self.database["items"].insert_one({"_id": f"{job_id}:1:0", **chunk, "keys": keys})
        return job_id

    async def outcome(self, job_id: str, seq: int, status: str = "succeeded") -> None:
        fields = {"job_id": job_id, "run": 1, "seq": seq, "marketplace": HOME, "asin": asin(seq), "status": status}
        await self.database["outcomes"].insert_one({"_id": f"{job_id}:1:{seq}", **fields})

    async def stored(self, job_id: str) -> Document:
        job = await self.database["jobs"].find_one({"_id": job_id})
        assert job is not None
        return job

    async def until(self, job_id: str, **expected: object) -> Document:
        async def as_expected() -> Document:
            job = await self.stored(job_id)
            assert {name: job[name] for name in expected} == expected
            return job

        return await eventually(as_expected)


@pytest.fixture
async def sweeping(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database, open_broker: OpenBroker, rabbit: Rabbit
) -> Sweeping:
    settings = {
        "amqp_url": amqp_url,
        "mongo_url": mongo_url,
        "mongo_database": mongo_database,
        "http_host": "127.0.0.1",
        "http_port": 0,
        "period_seconds": 0.1,
        "unsent_after_seconds": 0.2,
    }
    await open_broker(*QUEUES)
    return Sweeping(settings, database, rabbit)
