"""The expander's repository in memory does what the real one does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.expander.repository import ExpanderRepository
from shared.mongo import Document, connect
from tests.builders import job_document
from tests.unit.expander.fakes import MemoryExpanderRepository

Stored = Callable[..., Awaitable[ExpanderRepository]]
KEYS = [f"amazon.co.jp:B{number:09d}" for number in range(30)]
# Every second one of another marketplace.
MIXED = [key.replace("co.jp", "de") if number % 2 else key for number, key in enumerate(KEYS)]
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


async def all_of(repository: ExpanderRepository, names: str) -> list[Document]:
    return [await found(repository, name) for name in names]


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


async def test_several_jobs_are_found_at_once(stored: Stored) -> None:
    repository = await stored(job("a"), running("b"), job("c"))
    documents = await repository.find_jobs(["b", "a", "gone"])
    assert sorted((document["_id"], document["status"]) for document in documents) == [
        ("a", "PENDING"),
        ("b", "PROCESSING"),
    ]
    assert await repository.find_jobs([]) == []


async def test_waiting_jobs_are_woken_oldest_first(stored: Stored) -> None:
    names = [f"job-{number}" for number in range(8)]
    waiting = [job(name, status_reason="waits") for name in reversed(names[1:])]
    repository = await stored(*waiting, job(names[0]), running("r"))
    assert [found["_id"] for found in await repository.find_next_waiting("ann", 5)] == names[1:6]
    assert [found["_id"] for found in await repository.find_next_waiting("ann", 2)] == names[1:3]
    assert await repository.find_next_waiting("bob", 5) == []


async def test_tries_to_start_a_job_are_counted_per_run(stored: Stored) -> None:
    repository = await stored(job("a"), job("b", run=2, takes=7, takes_run=1), running("c"))
    for _ in range(3):
        await repository.mark_taken("a", 1)
    await repository.mark_taken("a", 2)
    await repository.mark_taken("b", 2)
    await repository.mark_taken("c", 1)
    takes = [(document.get("takes"), document.get("takes_run")) for document in await all_of(repository, "abc")]
    assert takes == [(3, 1), (1, 2), (None, None)]


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
    ("place", "number", "seqs", "reached"),
    [(0, 3, [0, 1, 2], 3), (2, 3, [2, 3, 4], 5), (7, 2, [7, 8], 9), (9, 9, [9, 10, 11], 12), (12, 4, [], 12)],
)
async def test_next_items_are_those_from_a_place_on(
    stored: Stored, place: int, number: int, seqs: list[int], reached: int
) -> None:
    repository = await stored(running("a", total_items=12))
    for first, last in ((0, 3), (3, 8), (8, 12)):
        await repository.insert_items("a", first, KEYS[first:last])
    found_items, to = await repository.find_next(await found(repository, "a"), None, place, number)
    assert (found_items, to) == ([(seq, KEYS[seq]) for seq in seqs], reached)


@pytest.mark.parametrize(
    ("marketplace", "place", "number", "seqs", "reached"),
    [
        ("amazon.de", 0, 2, [1, 3], 4),
        ("amazon.co.jp", 4, 2, [4, 6], 7),
        ("amazon.de", 8, 2, [9, 11], 12),
        ("amazon.de", 10, 2, [11], 12),
        ("amazon.fr", 0, 2, [], 12),
    ],
)
async def test_next_items_of_a_marketplace_skip_the_others(
    stored: Stored, marketplace: str, place: int, number: int, seqs: list[int], reached: int
) -> None:
    repository = await stored(running("a", total_items=12))
    for first, last in ((0, 3), (3, 8), (8, 12)):
        await repository.insert_items("a", first, MIXED[first:last])
    found_items, to = await repository.find_next(await found(repository, "a"), marketplace, place, number)
    assert (found_items, to) == ([(seq, MIXED[seq]) for seq in seqs], reached)


async def test_marketplaces_are_told_by_the_job_or_by_its_items(stored: Stored) -> None:
    told = running("b", total_items=1, marketplaces=["amazon.fr"])
    repository = await stored(running("a", total_items=12), told, running("c", request={"marketplace": "amazon.it"}))
    await repository.insert_items("a", 0, MIXED[:12])
    names = [list(await repository.find_marketplaces(await found(repository, name))) for name in "abc"]
    assert names == [["amazon.co.jp", "amazon.de"], ["amazon.fr"], ["amazon.it"]]


async def test_place_in_a_listing_is_kept_while_the_job_runs(stored: Stored) -> None:
    repository = await stored(running("a"), job("c", status="CANCELLED"))
    assert await repository.save_expansion("a", 1, PLACE)
    assert (await found(repository, "a"))["expansion"] == PLACE
    assert not await repository.save_expansion("a", 2, PLACE)
    assert not await repository.save_expansion("c", 1, PLACE)
    assert (await found(repository, "c")).get("expansion") is None


async def test_total_is_fixed_once(stored: Stored) -> None:
    repository = await stored(running("a"))
    await repository.set_total("a", 2, 5, ["amazon.fr"])
    assert (await found(repository, "a"))["total_items"] is None
    await repository.set_total("a", 1, 7, ["amazon.co.jp", "amazon.de"])
    await repository.set_total("a", 1, 8, ["amazon.fr"])
    document = await found(repository, "a")
    assert (document["total_items"], document["rev"]) == (7, 1)
    assert document["marketplaces"] == ["amazon.co.jp", "amazon.de"]


async def test_running_jobs_have_a_total(stored: Stored) -> None:
    repository = await stored(
        running("a"), running("b", total_items=3), job("c"), job("d", status="COMPLETED", total_items=1)
    )
    assert [document["_id"] for document in await repository.find_running()] == ["b"]


async def test_cursor_moves_from_where_it_was_read(stored: Stored) -> None:
    repository = await stored(running("a", fed=10))
    as_read = await found(repository, "a")
    for other in ({"fed": 0}, {"run": 2}, {"pauses": 1}, {"lanes": {"run": 1, "cursors": []}}):
        assert not await repository.move_cursor({**as_read, **other}, {"fed": 99})
    lanes = {"run": 1, "cursors": [["amazon.de", 20, 5]]}
    assert await repository.move_cursor(as_read, {"fed": 20, "lanes": lanes})
    moved = await found(repository, "a")
    assert (moved["fed"], moved["lanes"]) == (20, lanes)
    assert not await repository.move_cursor({**moved, "lanes": None}, {"fed": 99})
    assert await repository.move_cursor(moved, {"fed": 30})


async def test_waiting_jobs_come_by_priority_then_by_age(stored: Stored) -> None:
    priorities = {"a": "low", "b": "normal", "c": "high", "d": "normal", "e": "high", "f": "low", "g": "low"}
    jobs = (job(name, priority=priority, status_reason="waits") for name, priority in priorities.items())
    repository = await stored(*jobs)
    assert [waiting["_id"] for waiting in await repository.find_next_waiting("ann", 5)] == ["c", "e", "b", "d", "a"]


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
