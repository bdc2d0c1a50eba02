"""Counts in memory and in the database keep the same promises: read whole, written only if nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.aggregator.counting import Change, JobCount, apply
from services.aggregator.handlers import CountStore
from services.aggregator.repository import AggregatorRepository
from shared.jobs import JobStatus
from shared.mongo import Binary, connect
from tests.builders import count, finished, job_document
from tests.fakes import MemoryCountStore

Stored = Callable[..., Awaitable[CountStore]]


@pytest.fixture(params=["memory", "mongodb"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[Stored]:
    if request.param == "memory":

        async def in_memory(*jobs: JobCount) -> CountStore:
            return MemoryCountStore(*jobs)

        yield in_memory
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        repository = AggregatorRepository(database)
        await repository.create_indexes()

        async def in_database(*jobs: JobCount) -> CountStore:
            await database["jobs"].insert_many([_document(job) for job in jobs])
            return repository

        yield in_database


def _document(job: JobCount) -> dict[str, Any]:
    fields = {n: getattr(job, n) for n in ("user_id", "run", "rev", "total_items", "type", "created_at", "started_at")}
    counts = {"success_count": job.success_count, "error_count": job.error_count, "progress": job.progress}
    ledger = {"ledger": Binary(job.ledger)} if job.ledger else {}
    return job_document(_id=job.job_id, status=str(job.status), **fields, **counts, **ledger)


async def found(store: CountStore, job_id: str = "a-job") -> JobCount:
    return (await store.find_counts([job_id]))[job_id]


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
    assert await store.find_counts([job.job_id, "no-such-job"]) == {job.job_id: job}


async def test_swap_writes_all_that_was_counted(stored: Stored) -> None:
    before = count(10)
    store = await stored(before)
    after = apply(before, [finished((0, 9), (4,))])
    assert await store.swap([Change(before, after)]) == set()
    assert await found(store) == after


async def test_steps_told_are_stored_with_the_count(stored: Stored) -> None:
    before = count(10, told=45)
    store = await stored(count(10))
    assert await store.swap([Change(before, apply(before, [finished((0,))]))]) == set()
    assert (await found(store)).told == 45


async def test_swap_of_an_old_reading_writes_nothing(stored: Stored) -> None:
    before = count(10)
    store = await stored(before)
    first, second = apply(before, [finished((0,))]), apply(before, [finished((1,))])
    assert await store.swap([Change(before, first)]) == set()
    assert await store.swap([Change(before, second)]) == {"a-job"}
    assert await found(store) == first


async def test_of_many_swaps_those_that_lost_are_told_and_the_others_written(stored: Stored) -> None:
    jobs = [count(3, job_id=f"job-{number}") for number in range(9)]
    store = await stored(*jobs)
    stolen = [Change(job, apply(job, [finished((1,))])) for job in jobs[::3]]
    assert await store.swap(stolen) == set()
    mine = [Change(job, apply(job, [finished((0, 1, 2)) if n % 2 else finished((0,))])) for n, job in enumerate(jobs)]
    lost = {change.job_id for change in stolen}
    assert await store.swap(mine) == lost
    after = {change.job_id: change.after for change in (*mine, *stolen)}
    assert await store.find_counts(after) == after


async def test_end_is_written_with_its_status(stored: Stored) -> None:
    before = count(2)
    store = await stored(before)
    assert await store.swap([Change(before, apply(before, [finished((0,), (1,))]))]) == set()
    after = await found(store)
    assert (after.status, after.progress) == (JobStatus.COMPLETED, 2)


async def test_one_of_many_at_once_swaps(stored: Stored) -> None:
    before = count(64)
    store = await stored(before)
    after = [apply(before, [finished((seq,))]) for seq in range(16)]
    lost = await asyncio.gather(*(store.swap([Change(before, each)]) for each in after))
    assert lost.count(set()) == 1
    assert await found(store) == after[lost.index(set())]
