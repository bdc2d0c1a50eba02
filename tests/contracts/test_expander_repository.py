"""The expander's repository in memory does what the real one does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.expander.repository import Chunk, ExpanderRepository
from shared.mongo import Document, connect
from tests.builders import job_document
from tests.unit.expander.fakes import MemoryExpanderRepository

Stored = Callable[..., Awaitable[ExpanderRepository]]
KEYS = [f"amazon.co.jp:B{number:09d}" for number in range(30)]
PLACE = {"next_url": "https://www.amazon.co.jp/s?k=tea&page=2", "pages": 1, "found": 16}


@pytest.fixture(params=["memory", "mongodb"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[Stored]:
    """Makes a repository that holds these jobs."""
    if request.param == "memory":

        async def in_memory(*jobs: Document) -> ExpanderRepository:
            return MemoryExpanderRepository(*jobs)

        yield in_memory
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        repository = ExpanderRepository(database)
        await repository.create_indexes()

        async def in_database(*jobs: Document) -> ExpanderRepository:
            await database["jobs"].insert_many(jobs)
            return repository

        yield in_database


def job(name: str, **changes: Any) -> Document:
    return job_document(_id=name, **changes)


def running(name: str, **changes: Any) -> Document:
    return job(name, status="PROCESSING", **changes)


async def found(repository: ExpanderRepository, name: str) -> Document:
    document = await repository.find_job(name)
    assert document is not None
    return document


async def test_job_is_found_with_what_expanding_needs(stored: Stored) -> None:
    repository = await stored(job("a", request={"count": 7}))
    document = await found(repository, "a")
    assert (document["type"], document["request"], document["fed"], document["total_items"]) == (
        "BULK_ASIN",
        {"count": 7},
        0,
        None,
    )
    assert await repository.find_job("b") is None


async def test_jobs_ahead_are_the_users_running_and_earlier_ones(stored: Stored) -> None:
    repository = await stored(
        running("z"), job("a"), job("b"), job("c"), running("y", user_id="bob"), job("x", status="COMPLETED")
    )
    assert [await repository.count_ahead(await found(repository, name)) for name in "abc"] == [1, 2, 3]


async def test_waiting_jobs_are_woken_oldest_first(stored: Stored) -> None:
    names = [f"job-{number}" for number in range(8)]
    repository = await stored(*(job(name) for name in reversed(names)), running("r"))
    for name in (*names[1:], "r"):
        await repository.mark_waiting(name, "waits")
    assert [waiting["_id"] for waiting in await repository.find_next_waiting("ann")] == names[1:6]
    assert await repository.find_next_waiting("bob") == []
    assert (await found(repository, "r"))["status_reason"] is None


async def test_pending_job_is_started_once(stored: Stored) -> None:
    repository = await stored(job("a", status_reason="waits"), job("c", status="CANCELLED"))
    assert await repository.start("a", 2) is None
    first, again = await repository.start("a", 1), await repository.start("a", 1)
    assert first is not None
    assert again is not None
    assert (first["status"], first["status_reason"], first["rev"], again["rev"]) == ("PROCESSING", None, 1, 1)
    assert await repository.start("c", 1) is None
    assert await repository.start("no-such-job", 1) is None


async def test_items_stored_first_are_kept(stored: Stored) -> None:
    repository = await stored(running("a"))
    assert list(await repository.insert_items("a", 0, KEYS[:3])) == KEYS[:3]
    assert list(await repository.insert_items("a", 0, KEYS[5:9])) == KEYS[:3]
    assert list(await repository.insert_items("a", 3, [])) == []
    await repository.insert_items("a", 3, KEYS[3:8])
    assert await repository.find_earlier_keys("a", 3) == KEYS[:3]
    assert await repository.find_earlier_keys("a", 8) == KEYS[:8]
    assert await repository.find_earlier_keys("b", 8) == []
    assert await repository.find_keys("a", 1, [2, 3, 99]) == {2: (2, KEYS[2]), 3: (3, KEYS[3])}
    assert await repository.find_keys("a", 2, [2, 3]) == {}


@pytest.mark.parametrize(
    ("places", "firsts"), [(range(3), [0]), (range(2, 4), [0, 3]), (range(3, 9), [3, 8]), (range(20, 30), [])]
)
async def test_chunks_are_those_that_hold_a_place(stored: Stored, places: range, firsts: list[int]) -> None:
    repository = await stored(running("a"))
    for first, last in ((0, 3), (3, 8), (8, 12)):
        await repository.insert_items("a", first, KEYS[first:last])
    chunks: list[Chunk] = await repository.find_chunks("a", 1, places)
    assert [chunk.first for chunk in chunks] == firsts
    for chunk in chunks:
        assert list(chunk.keys) == [KEYS[seq] for seq in chunk.seqs]


async def test_place_in_a_listing_is_kept_while_the_job_runs(stored: Stored) -> None:
    repository = await stored(running("a"), job("c", status="CANCELLED"))
    assert await repository.save_expansion("a", 1, PLACE)
    assert (await found(repository, "a"))["expansion"] == PLACE
    assert not await repository.save_expansion("a", 2, PLACE)
    assert not await repository.save_expansion("c", 1, PLACE)
    assert (await found(repository, "c")).get("expansion") is None


async def test_total_is_fixed_once(stored: Stored) -> None:
    repository = await stored(running("a"))
    await repository.set_total("a", 2, 5)
    assert (await found(repository, "a"))["total_items"] is None
    await repository.set_total("a", 1, 7)
    await repository.set_total("a", 1, 8)
    document = await found(repository, "a")
    assert (document["total_items"], document["rev"]) == (7, 1)


async def test_running_jobs_have_a_total(stored: Stored) -> None:
    repository = await stored(
        running("a"), running("b", total_items=3), job("c"), job("d", status="COMPLETED", total_items=1)
    )
    assert [document["_id"] for document in await repository.find_running()] == ["b"]


async def test_cursor_moves_from_where_it_was_read(stored: Stored) -> None:
    repository = await stored(running("a", fed=10), running("b", fed=10, pauses=1))
    job, paused = await found(repository, "a"), await found(repository, "b")
    await repository.move_cursor(job, 0, 99)
    await repository.move_cursor({**job, "run": 2}, 10, 99)
    await repository.move_cursor({**paused, "pauses": None}, 10, 99)
    assert [(await found(repository, name))["fed"] for name in "ab"] == [10, 10]
    await repository.move_cursor(job, 10, 20)
    await repository.move_cursor(paused, 10, 20)
    assert [(await found(repository, name))["fed"] for name in "ab"] == [20, 20]


async def test_what_was_handed_out_again_after_a_pause_is_noted(stored: Stored) -> None:
    repository = await stored(running("a", pauses=2))
    job = await found(repository, "a")
    await repository.mark_resumed({**job, "run": 2})
    assert (await found(repository, "a")).get("resumed") is None
    await repository.mark_resumed(job)
    await repository.mark_resumed({**job, "pauses": 1})
    assert (await found(repository, "a"))["resumed"] == 2


async def test_job_fails_once_and_only_before_its_end(stored: Stored) -> None:
    repository = await stored(running("a", status_reason="x"), job("c", status="CANCELLED"), running("b", run=2))
    failed = await repository.fail("a", 1, "no such page")
    assert failed is not None
    assert (failed["status"], failed["error_message"], failed["rev"]) == ("FAILED", "no such page", 1)
    assert await repository.fail("a", 1, "again") is None
    assert await repository.fail("c", 1, "again") is None
    assert await repository.fail("b", 1, "late") is None
    assert (await found(repository, "a"))["status_reason"] is None
