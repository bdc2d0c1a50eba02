"""Counts are exact however many aggregators share the facts, and however often and in which order they come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from services.aggregator.bootstrap import serve_aggregator
from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.aggregator.settings import AggregatorSettings
from shared.failures import safety_queues
from shared.ledger import Ledger
from shared.messages import ItemsFinished, JobCancelled, JobCompleted, JobExpanded, JobFailed, JobProgressed
from shared.mongo import Binary, Database, Document
from shared.outgoing import Outgoing, event
from shared.topology import DEAD_LETTERS, EVENTS, work_queue
from tests.builders import finished, job_document
from tests.cable import Cable
from tests.integration.shared.conftest import OpenBroker, cable, database, open_broker, rabbit
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

__all__ = ["cable", "database", "open_broker", "rabbit"]

NEWS = work_queue("news", EVENTS, JobProgressed.TYPE, JobCompleted.TYPE, JobFailed.TYPE, JobCancelled.TYPE)


class Aggregating:
    def __init__(self, settings: dict[str, Any], database: Database, opened: OpenBroker, rabbit: Rabbit) -> None:
        self.settings = settings
        self.database = database
        self.rabbit = rabbit
        self._opened = opened

    async def job(self, total: int | None, **changes: Any) -> str:
        job = job_document(**{"status": "PROCESSING", "total_items": total, "fed": total or 0, **changes})
        await self.database["jobs"].insert_one(job)
        return str(job["_id"])

    async def publish(self, facts: Sequence[ItemsFinished]) -> None:
        broker = await self._opened(*safety_queues(), ITEMS_FINISHED, JOB_EXPANDED, NEWS)
        messages: list[Outgoing] = [event(fact, mandatory=True) for fact in facts]
        await broker.publish(messages)

    async def expanded(self, job_id: str, total: int) -> None:
        broker = await self._opened(*safety_queues(), ITEMS_FINISHED, JOB_EXPANDED, NEWS)
        await broker.publish([event(JobExpanded(job_id=job_id, total_items=total), mandatory=True)])

    @asynccontextmanager
    async def aggregators(self, count: int, **changes: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for number in range(count):
                values = {**self.settings, "instance": f"a{number}", **changes}
                await stack.enter_async_context(serving(AggregatorSettings(**values)))
            yield

    async def counts(self, job_id: str) -> tuple[str, int, int, int]:
        job = await self.stored(job_id)
        return job["status"], job["progress"], job["success_count"], job["error_count"]

    async def stored(self, job_id: str) -> Document:
        job = await self.database["jobs"].find_one({"_id": job_id})
        assert job is not None
        return job

    async def until_counted(self, job_id: str, *expected: object) -> None:
        async def counted() -> bool:
            assert await self.counts(job_id) == expected
            return True

        assert await eventually(counted, 20.0)

    async def news(self) -> list[str]:
        return [str(letter.type) for letter in await self.rabbit.take_all(NEWS)]


@asynccontextmanager
async def serving(settings: AggregatorSettings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(serve_aggregator(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 10.0)


@pytest.fixture
def aggregating(
    amqp_url: str, mongo_url: str, mongo_database: str, database: Database, open_broker: OpenBroker, rabbit: Rabbit
) -> Aggregating:
    settings = {
        "amqp_url": amqp_url,
        "mongo_url": mongo_url,
        "mongo_database": mongo_database,
        "http_host": "127.0.0.1",
        "http_port": 0,
    }
    return Aggregating(settings, database, open_broker, rabbit)


def shuffled_facts(job_id: str, total: int, failed: set[int], seed: int) -> list[ItemsFinished]:
    """Every item at least once, most of them several times, in messages of all sizes and in no order."""
    chance = random.Random(seed)
    seqs = [*range(total), *chance.choices(range(total), k=2 * total)]
    chance.shuffle(seqs)
    facts = []
    while seqs:
        part, seqs = seqs[: (size := chance.randint(1, 40))], seqs[size:]
        good, bad = tuple(s for s in part if s not in failed), tuple(s for s in part if s in failed)
        facts.append(finished(good, bad, job_id=job_id))
    return facts


async def test_counts_are_exact_with_many_aggregators(aggregating: Aggregating) -> None:
    failed = set(random.Random(1).sample(range(5_000), 700))
    job = await aggregating.job(5_000)
    await aggregating.publish(shuffled_facts(job, 5_000, failed, seed=2))
    async with aggregating.aggregators(4, prefetch=20, batch_items=5):
        await aggregating.until_counted(job, "COMPLETED", 5_000, 4_300, 700)

        async def told() -> bool:
            return bool((await aggregating.stored(job))["announced"])

        assert await eventually(told)
    stored = await aggregating.stored(job)
    assert Ledger(bytes(stored["ledger"]), 5_000).count == 5_000
    assert stored["completed_at"] is not None
    assert (await aggregating.news()).count(JobCompleted.TYPE) == 1
    assert await aggregating.rabbit.ready(DEAD_LETTERS) == 0


async def test_facts_after_the_end_change_nothing(aggregating: Aggregating) -> None:
    job = await aggregating.job(3)
    await aggregating.publish([finished((0, 1), (2,), job_id=job)])
    async with aggregating.aggregators(1):
        await aggregating.until_counted(job, "COMPLETED", 3, 2, 1)
        before = await aggregating.stored(job)
        await aggregating.publish([finished((2,), (0, 1, 7), job_id=job), finished((0,), job_id=job, run=9)])
        await eventually(lambda: _empty(aggregating))
    assert (await aggregating.stored(job))["rev"] == before["rev"]
    assert await aggregating.counts(job) == ("COMPLETED", 3, 2, 1)


async def _empty(aggregating: Aggregating) -> bool:
    return await aggregating.rabbit.ready(ITEMS_FINISHED) == 0


async def test_fact_of_an_earlier_run_counts_nothing(aggregating: Aggregating) -> None:
    job = await aggregating.job(8, run=2, success_count=6, progress=6, ledger=Binary(bytes([0b0011_1111])))
    await aggregating.publish([finished((), (6, 7), job_id=job, run=1), finished((7,), job_id=job, run=2)])
    async with aggregating.aggregators(2):
        await aggregating.until_counted(job, "PROCESSING", 7, 7, 0)
        await aggregating.publish([finished((6,), job_id=job, run=2)])
        await aggregating.until_counted(job, "COMPLETED", 8, 8, 0)


@pytest.mark.parametrize("status", ["CANCELLED", "FAILED"])
async def test_ended_job_keeps_its_status_and_true_counts(aggregating: Aggregating, status: str) -> None:
    job = await aggregating.job(2, status=status)
    await aggregating.publish([finished((0,), (1,), job_id=job)])
    async with aggregating.aggregators(1):
        await aggregating.until_counted(job, status, 2, 1, 1)
    assert set(await aggregating.news()) <= {JobProgressed.TYPE}


async def test_cancelling_while_counting_is_never_undone(aggregating: Aggregating) -> None:
    """The compare-and-swap of a reading made before the cancellation must fail."""
    job = await aggregating.job(400)
    async with aggregating.aggregators(2, prefetch=2, batch_items=1, batch_seconds=0):
        await aggregating.publish([finished((seq,), job_id=job) for seq in range(200)])
        cancelled = {"$set": {"status": "CANCELLED"}, "$inc": {"rev": 1}}
        await aggregating.database["jobs"].update_one({"_id": job}, cancelled)
        await aggregating.publish([finished((seq,), job_id=job) for seq in range(200, 400)])
        await aggregating.until_counted(job, "CANCELLED", 400, 400, 0)


async def test_job_without_items_is_complete_once_expanded(aggregating: Aggregating) -> None:
    job = await aggregating.job(0)
    async with aggregating.aggregators(2):
        await aggregating.expanded(job, 0)
        await aggregating.expanded(job, 0)
        await aggregating.until_counted(job, "COMPLETED", 0, 0, 0)
        await eventually(lambda: aggregating.rabbit.ready(NEWS))
    assert await aggregating.news() == [JobCompleted.TYPE]


async def test_poison_among_facts_is_dead_and_counts_go_on(aggregating: Aggregating) -> None:
    job = await aggregating.job(2)
    await aggregating.publish([finished((0,), job_id=job)])
    await aggregating.rabbit.put(ITEMS_FINISHED, b'{"job_id": 7}', ItemsFinished.TYPE)
    await aggregating.publish([finished((1,), job_id=job)])
    async with aggregating.aggregators(1):
        await aggregating.until_counted(job, "COMPLETED", 2, 2, 0)
        await eventually(lambda: aggregating.rabbit.ready(DEAD_LETTERS))
    assert len(await aggregating.rabbit.take_all(DEAD_LETTERS)) == 1


async def test_aggregator_that_dies_is_replaced_by_the_others(aggregating: Aggregating, cable: Cable) -> None:
    job = await aggregating.job(1_000)
    await aggregating.publish([finished((seq,), job_id=job) for seq in range(1_000)])
    dying = AggregatorSettings(**{**aggregating.settings, "amqp_url": cable.url, "prefetch": 300})
    async with serving(dying):
        await eventually(lambda: _some(aggregating, job))
        cable.cut()
        async with aggregating.aggregators(1):
            await aggregating.until_counted(job, "COMPLETED", 1_000, 1_000, 0)


async def _some(aggregating: Aggregating, job_id: str) -> bool:
    return (await aggregating.counts(job_id))[1] > 0
