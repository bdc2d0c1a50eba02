"""Hands items to collectors over the broker as the expander does, and waits until they are stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bench.dashboard.store import SETTINGS
from bench.programs import BenchError
from bench.servers import Servers
from bench.services import MARKETPLACE
from services.aggregator.queues import ITEMS_FINISHED
from services.collector.queues import collect_queue
from shared.broker import Broker
from shared.failures import safety_queues
from shared.ids import new_id, product_key
from shared.items import collect_command
from shared.mongo import Database, connect

DATABASE = "asinflow"
USER = "bench"
LONGEST_SECONDS = 240.0
LOOK_SECONDS = 0.02


def feed(servers: Servers, asins: Sequence[str]) -> str:
    """A running job of these products, handed out whole; returns its id once every one of them is stored.

    Raises BenchError when one of them failed, or after LONGEST_SECONDS.
    """
    return asyncio.run(_feed(servers, asins))


async def _feed(servers: Servers, asins: Sequence[str]) -> str:
    async with opened(servers) as (database, broker):
        job_id = await hand_out(database, broker, asins)
        await all_stored(database, job_id, len(asins))
        return job_id


@contextlib.asynccontextmanager
async def opened(servers: Servers) -> AsyncIterator[tuple[Database, Broker]]:
    """Database and broker, with every queue that collectors read or write."""
    queues = [*safety_queues(), collect_queue(MARKETPLACE), ITEMS_FINISHED]
    async with (
        connect(servers.endpoints["MONGO_URL"], DATABASE, app="bench") as database,
        Broker(servers.endpoints["AMQP_URL"], "bench", queues=queues) as broker,
    ):
        await broker.wait_connected()
        yield database, broker


async def hand_out(database: Database, broker: Broker, asins: Sequence[str]) -> str:
    """Store a job and publish the command for each of its products; returns the job's id."""
    job = running_job(len(asins))
    await database["jobs"].insert_one(job)
    job_id = str(job["_id"])
    keys = [product_key(MARKETPLACE, asin) for asin in asins]
    await broker.publish([collect_command(job_id, 1, seq, key) for seq, key in enumerate(keys)])
    return job_id


def running_job(items: int) -> dict[str, Any]:
    """What collectors read of a job that the expander has handed out whole; no observation is fresh enough for it."""
    return {
        "_id": new_id(),
        "user_id": USER,
        "type": "BULK_ASIN",
        "status": "PROCESSING",
        "settings": {**SETTINGS, "max_age_seconds": 0},
        "run": 1,
        "rev": 1,
        "total_items": items,
        "fed": items,
        "created_at": datetime.now(UTC),
    }


async def all_stored(database: Database, job_id: str, items: int) -> None:
    """Return when so many items of the job have their outcome, all of them good."""
    outcomes, clock = database["outcomes"], asyncio.get_running_loop()
    deadline = clock.time() + LONGEST_SECONDS
    while (stored := await outcomes.count_documents({"job_id": job_id})) < items:
        if clock.time() > deadline:
            raise BenchError(f"{stored} of {items} items stored after {LONGEST_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    failed = await outcomes.find_one({"job_id": job_id, "status": "failed"})
    if failed is not None:
        raise BenchError(f"an item failed: {failed['error']}")
