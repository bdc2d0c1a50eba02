"""Counts in memory and in the database keep the same promises: read whole, written only if nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from services.aggregator.counting import JobCount, apply
from services.aggregator.handlers import CountStore
from services.aggregator.repository import AggregatorRepository
from shared.jobs import JobStatus
from shared.mongo import Binary, connect
from tests.builders import count, finished, job_document
from tests.fakes import MemoryCountStore

Stored = Callable[[JobCount], Awaitable[CountStore]]


@pytest.fixture(params=["memory", "mongodb"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[Stored]:
    if request.param == "memory":

        async def in_memory(job: JobCount) -> CountStore:
            return MemoryCountStore(job)

        yield in_memory
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        repository = AggregatorRepository(database)
        await repository.create_indexes()

        async def in_database(job: JobCount) -> CountStore:
            fields = {
                n: getattr(job, n) for n in ("user_id", "run", "rev", "total_items", "type", "created_at", "started_at")
            }
            counts = {"success_count": job.success_count, "error_count": job.error_count, "progress": job.progress}
            document = job_document(_id=job.job_id, status=str(job.status), **fields, **counts)
            if job.ledger:
                document["ledger"] = Binary(job.ledger)
            await database["jobs"].insert_one(document)
            return repository

        yield in_database


@pytest.mark.parametrize(
    "job",
    [
        count(10),
        count(None, status=JobStatus.PENDING),
        count(10, run=2, rev=7, success_count=3, error_count=1, ledger=b"\x0f\x00"),
    ],
)
async def test_count_is_read_as_it_was_written(stored: Stored, job: JobCount) -> None:
    store = await stored(job)
    assert await store.find_count(job.job_id) == job
    assert await store.find_count("no-such-job") is None


async def test_swap_writes_all_that_was_counted(stored: Stored) -> None:
    before = count(10)
    store = await stored(before)
    after = apply(before, [finished((0, 9), (4,))])
    assert await store.swap(before, after)
    assert await store.find_count("a-job") == after


async def test_steps_told_are_stored_with_the_count(stored: Stored) -> None:
    before = count(10, told=45)
    store = await stored(count(10))
    after = apply(before, [finished((0,))])
    assert await store.swap(before, after)
    found = await store.find_count("a-job")
    assert found is not None
    assert found.told == 45


async def test_swap_of_an_old_reading_writes_nothing(stored: Stored) -> None:
    before = count(10)
    store = await stored(before)
    first, second = apply(before, [finished((0,))]), apply(before, [finished((1,))])
    assert await store.swap(before, first)
    assert not await store.swap(before, second)
    assert await store.find_count("a-job") == first


async def test_end_is_written_with_its_status(stored: Stored) -> None:
    before = count(2)
    store = await stored(before)
    assert await store.swap(before, apply(before, [finished((0,), (1,))]))
    found = await store.find_count("a-job")
    assert found is not None
    assert (found.status, found.progress) == (JobStatus.COMPLETED, 2)


async def test_one_of_many_at_once_swaps(stored: Stored) -> None:
    before = count(64)
    store = await stored(before)
    after = [apply(before, [finished((seq,))]) for seq in range(16)]
    swapped = await asyncio.gather(*(store.swap(before, each) for each in after))
    assert sum(swapped) == 1
    assert await store.find_count("a-job") == replace(after[swapped.index(True)])
