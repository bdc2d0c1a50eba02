"""Whatever was lost, on a real broker and a real database, every job ends with every item counted once.

Each job is damaged as a crash, a purged queue or a lost message leaves it, while no service runs. Then all services
start, and nobody tells them what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from deploy.local.storefront.asins import nth_asin
from services.aggregator.bootstrap import serve_aggregator
from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.aggregator.settings import AggregatorSettings
from services.collector.bootstrap import serve_collector
from services.collector.queues import collect_queue
from services.collector.settings import CollectorSettings
from services.expander.bootstrap import serve_expander
from services.expander.queues import JOB_SUBMITTED
from services.expander.settings import ExpanderSettings
from services.sweeper.bootstrap import serve_sweeper
from services.sweeper.healing import UNHEALABLE
from services.sweeper.settings import SweeperSettings
from shared.ledger import Ledger
from shared.messages import JobSubmitted
from shared.mongo import Binary, Database, Document
from shared.topology import Queue
from tests.builders import HOME, job_document
from tests.integration.shared.conftest import database, rabbit
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

__all__ = ["database", "rabbit"]

OTHER = "amazon.de"
ITEMS = 12
DAY = timedelta(days=1)
_numbers = count(700_000)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def fresh_keys(number: int = ITEMS, marketplaces: Sequence[str] = (HOME,)) -> list[str]:
    """Products of the sample storefront that no other job has."""
    return [f"{marketplaces[n % len(marketplaces)]}:{nth_asin(next(_numbers))}" for n in range(number)]


class Damaged:
    """Jobs as they were left behind an hour ago."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def job(self, *, keys: Sequence[str] = (), stored: bool = True, **changes: Any) -> str:
        """A job of these products; `stored` tells whether it was expanded into items, as far as `total_items` says."""
        hour = ago(3_600.0)
        times = dict.fromkeys(("created_at", "updated_at", "started_at", "submitted_at"), hour)
        job = job_document(**{"status": "PROCESSING", "rev": 5, **times, **changes})
        await self._database["jobs"].insert_one(job)
        source = {"_id": f"{job['_id']}:0", "job_id": job["_id"], "n": 0, "keys": list(keys), "created_at": hour}
        await self._database["sources"].insert_one(source)
        if stored and keys:
            chunk = {"job_id": job["_id"], "run": 1, "first": 0, "last": len(keys) - 1, "keys": list(keys)}
            await self._database["items"].insert_one({"_id": f"{job['_id']}:1:0", **chunk})
        return str(job["_id"])

    async def outcomes(self, job_id: str, keys: Sequence[str], seqs: Sequence[int]) -> None:
        documents = []
        for seq in seqs:
            marketplace, asin = keys[seq].split(":")
            fields = {"job_id": job_id, "run": 1, "seq": seq, "marketplace": marketplace, "asin": asin}
            documents.append({"_id": f"{job_id}:1:{seq}", **fields, "status": "succeeded", "attempts": 1})
        await self._database["outcomes"].insert_many(documents)

    # One method for each kind of damage.

    async def unsent(self) -> str:
        """The broker was away when it was submitted."""
        return await self.job(keys=fresh_keys(), stored=False, status="PENDING", submitted_at=None, started_at=None)

    async def message_lost(self) -> str:
        """It was sent, and the queue was lost with it."""
        return await self.job(keys=fresh_keys(), stored=False, status="PENDING", started_at=None)

    async def crash_before_the_total(self) -> str:
        """Items are stored, their number is not."""
        return await self.job(keys=fresh_keys())

    async def crash_before_the_feed(self) -> str:
        """Items and their number are stored; nobody was told."""
        return await self.job(keys=fresh_keys(), total_items=ITEMS)

    async def window_lost(self) -> str:
        """All was handed out, and the queues were purged."""
        return await self.job(keys=fresh_keys(), total_items=ITEMS, fed=ITEMS)

    async def windows_of_two_marketplaces_lost(self) -> str:
        """One of them had been handed out further than the other."""
        lanes = {"run": 1, "cursors": [[HOME, 11, 6], [OTHER, 4, 2]]}
        both = (HOME, OTHER)
        return await self.job(
            keys=fresh_keys(marketplaces=both), total_items=ITEMS, marketplaces=list(both), lanes=lanes, fed=11
        )

    async def facts_lost(self) -> str:
        """Every item has its outcome; the ledger knows of none."""
        keys = fresh_keys()
        job_id = await self.job(keys=keys, total_items=ITEMS, fed=ITEMS)
        await self.outcomes(job_id, keys, range(ITEMS))
        return job_id

    async def ledger_behind(self) -> str:
        """Some items are counted, some have an outcome that is not, some were lost on their way."""
        keys, counted = fresh_keys(), Ledger(b"", ITEMS)
        counted.add(range(4))
        known: dict[str, Any] = {"ledger": Binary(counted.to_bytes()), "progress": 4, "success_count": 4}
        job_id = await self.job(keys=keys, total_items=ITEMS, fed=10, **known)
        await self.outcomes(job_id, keys, range(8))
        return job_id

    async def end_untold(self) -> str:
        """All is counted, and the aggregator died before it ended the job."""
        keys, counted = fresh_keys(), Ledger(b"", ITEMS)
        counted.add(range(ITEMS))
        known: dict[str, Any] = {"ledger": Binary(counted.to_bytes()), "progress": ITEMS, "success_count": ITEMS}
        job_id = await self.job(keys=keys, total_items=ITEMS, fed=ITEMS, **known)
        await self.outcomes(job_id, keys, range(ITEMS))
        return job_id

    async def items_gone(self) -> str:
        """What it was to collect is stored nowhere any more."""
        return await self.job(keys=fresh_keys(), stored=False, total_items=ITEMS, fed=ITEMS, marketplaces=[HOME])

    async def expander_died_while_paging(self) -> str:
        """The first page's items are stored; the message that should go on is lost."""
        keys = fresh_keys(16)
        request = {"keyword": "camera", "marketplace": HOME, "max_results": 20}
        place = {"next_url": f"https://www.{HOME}/s?k=camera&page=2", "pages": 1, "found": 16}
        return await self.job(keys=keys, type="KEYWORD", request=request, expansion=place)


SERVICES = ("expander", "collector", "aggregator", "sweeper")


@asynccontextmanager
async def services(
    amqp_url: str, mongo_url: str, name: str, storefront: str, *, which: Sequence[str] = SERVICES
) -> AsyncIterator[None]:
    common: dict[str, Any] = {
        "amqp_url": amqp_url,
        "mongo_url": mongo_url,
        "mongo_database": name,
        "http_host": "127.0.0.1",
        "http_port": 0,
    }
    fetching: dict[str, Any] = {"upstream_url": storefront, "interval_seconds": 0, "marketplaces": f"{HOME},{OTHER}"}
    profit: dict[str, Any] = {"frankfurter_url": "", "open_er_api_url": ""}
    soon: dict[str, Any] = {
        "period_seconds": 0.2,
        "unsent_after_seconds": 0.2,
        "resend_after_seconds": 1,
        "stalled_after_seconds": 1,
    }
    stop = asyncio.Event()
    serve = {
        "expander": lambda: serve_expander(ExpanderSettings(**common, **fetching), stop),
        "collector": lambda: serve_collector(CollectorSettings(**common, **fetching, **profit), stop),
        "aggregator": lambda: serve_aggregator(AggregatorSettings(**common), stop),
        "sweeper": lambda: serve_sweeper(SweeperSettings(**common, **soon), stop),
    }
    running = [asyncio.create_task(serve[each]()) for each in which]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*running), 20.0)


@pytest.mark.timeout(120)
async def test_every_damaged_job_is_healed_and_counted_exactly(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database, storefront: str
) -> None:
    damaged = Damaged(database)
    jobs = {
        name: await damage()
        for name, damage in (
            ("unsent", damaged.unsent),
            ("message lost", damaged.message_lost),
            ("crash before the total", damaged.crash_before_the_total),
            ("crash before the feed", damaged.crash_before_the_feed),
            ("window lost", damaged.window_lost),
            ("windows of two marketplaces lost", damaged.windows_of_two_marketplaces_lost),
            ("facts lost", damaged.facts_lost),
            ("ledger behind", damaged.ledger_behind),
            ("end untold", damaged.end_untold),
            ("expander died while paging", damaged.expander_died_while_paging),
        )
    }
    hopeless = await damaged.items_gone()
    async with services(amqp_url, mongo_url, mongo_database, storefront):

        async def all_ended() -> bool:
            assert (await _job(database, hopeless))["announced"]
            ended = {name for name, job_id in jobs.items() if (await _job(database, job_id))["status"] == "COMPLETED"}
            assert set(jobs) == ended
            return True

        assert await eventually(all_ended, 60.0)
    given_up = await _job(database, hopeless)
    assert (given_up["status"], given_up["error_message"].partition(":")[0]) == ("FAILED", UNHEALABLE)
    for name, job_id in jobs.items():
        job = await _job(database, job_id)
        total = 20 if name == "expander died while paging" else ITEMS
        seqs = sorted([outcome["seq"] async for outcome in database["outcomes"].find({"job_id": job_id})])
        counts = (job["total_items"], job["progress"], job["success_count"], Ledger(job["ledger"], total).count)
        assert (name, counts, seqs) == (name, (total,) * 4, list(range(total)))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("skew", [DAY, -DAY], ids=["ahead", "behind"])
async def test_machines_with_a_wrong_clock_heal_and_end_jobs_in_time(
    skew: timedelta, amqp_url: str, mongo_url: str, database: Database, storefront: str
) -> None:
    """Neither is a job that moves given up by a clock that is ahead, nor a lost one forgotten by one that is behind."""
    damaged = Damaged(database)
    jobs = [await damaged.crash_before_the_total(), await damaged.window_lost(), await damaged.ledger_behind()]
    begun = datetime.now(UTC)

    async def all_ended() -> bool:
        assert [(await _job(database, job_id))["status"] for job_id in jobs] == ["COMPLETED"] * len(jobs)
        return True

    with time_machine.travel(datetime.now(UTC) + skew, tick=True):
        async with services(amqp_url, mongo_url, database.name, storefront):
            assert await eventually(all_ended, 60.0)
    for job_id in jobs:
        job = await _job(database, job_id)
        assert (job["progress"], job["success_count"], Ledger(job["ledger"], ITEMS).count) == (ITEMS,) * 3
        assert begun - timedelta(seconds=1) < job["completed_at"] < datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("at_work", "purged"),
    [
        (("expander",), collect_queue(HOME)),
        (("expander", "collector"), ITEMS_FINISHED),
    ],
    ids=["items", "facts"],
)
async def test_job_whose_queue_was_purged_is_healed(
    at_work: Sequence[str],
    purged: Queue,
    amqp_url: str,
    mongo_url: str,
    database: Database,
    storefront: str,
    rabbit: Rabbit,
) -> None:
    """Everything that waits in a queue is gone while its consumer is away."""
    await rabbit.declare(JOB_SUBMITTED, collect_queue(HOME), ITEMS_FINISHED, JOB_EXPANDED)
    job_id = await Damaged(database).message_lost()
    await rabbit.put(JOB_SUBMITTED, JobSubmitted(job_id=job_id).encode(), JobSubmitted.TYPE)
    where = (amqp_url, mongo_url, database.name, storefront)

    async def waits_there() -> bool:
        fed, told = (await _job(database, job_id))["fed"], await database["outcomes"].count_documents({})
        return bool(fed == ITEMS and await rabbit.ready(purged) and (told == ITEMS or purged is not ITEMS_FINISHED))

    async with services(*where, which=at_work):
        assert await eventually(waits_there, 30.0)
    await rabbit.purge(purged)
    await database["jobs"].update_one({"_id": job_id}, {"$set": {"updated_at": ago(3_600.0)}})

    async def ended() -> bool:
        return bool((await _job(database, job_id))["status"] == "COMPLETED")

    async with services(*where):
        assert await eventually(ended, 60.0)
    job = await _job(database, job_id)
    outcomes = await database["outcomes"].count_documents({"job_id": job_id})
    assert (job["progress"], job["success_count"], Ledger(job["ledger"], ITEMS).count, outcomes) == (ITEMS,) * 4


async def _job(database: Database, job_id: str) -> Document:
    job = await database["jobs"].find_one({"_id": job_id})
    assert job is not None
    return job
