"""Claims on the places of a user's running jobs are kept in memory as they are in the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.expander.admission import AdmissionStore, Claim, Standing
from services.expander.admission_repository import AdmissionRepository
from shared.jobs import JobStatus
from shared.mongo import Document, connect
from tests.builders import job_document
from tests.unit.expander.fakes import MemoryAdmissions

Stored = Callable[..., Awaitable[AdmissionStore]]


@pytest.fixture(params=["memory", "mongodb"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[Stored]:
    """Makes a store that holds these jobs."""
    if request.param == "memory":

        async def in_memory(*jobs: Document) -> AdmissionStore:
            return MemoryAdmissions({job["_id"]: job for job in jobs})

        yield in_memory
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:

        async def in_database(*jobs: Document) -> AdmissionStore:
            await database["jobs"].insert_many(jobs)
            return AdmissionRepository(database)

        yield in_database


def job(name: str, **changes: Any) -> Document:
    return job_document(_id=name, **changes)


def running(name: str, **changes: Any) -> Document:
    return job(name, status="PROCESSING", **changes)


async def found(store: AdmissionStore, name: str) -> Document:
    document = await store.find_job(name)
    assert document is not None
    return document


async def test_claims_are_swapped_at_the_revision_that_was_read(stored: Stored) -> None:
    store = await stored(job("a"))
    assert await store.find_claims("ann") == (0, [])
    assert await store.swap_claims("ann", 0, [Claim("a", 3)])
    assert not await store.swap_claims("ann", 0, [Claim("b", 1)])
    assert await store.find_claims("ann") == (1, [Claim("a", 3)])
    assert await store.find_claims("bob") == (0, [])


async def test_standings_are_of_jobs_asked_for_and_of_all_that_run(stored: Stored) -> None:
    store = await stored(
        running("a", rev=4), job("b", rev=2), job("c"), running("d", user_id="bob"), job("e", status="PAUSED")
    )
    assert await store.find_standings("ann", ["b", "e", "gone"]) == {
        "a": Standing(JobStatus.PROCESSING, 4),
        "b": Standing(JobStatus.PENDING, 2),
        "e": Standing(JobStatus.PAUSED, 0),
    }


async def test_waiting_jobs_come_by_priority_then_by_age(stored: Stored) -> None:
    priorities = {"a": "low", "b": "normal", "c": "high", "d": "normal", "e": "high", "f": "low", "g": "low"}
    waiting = [job(name, priority=priority) for name, priority in priorities.items()]
    store = await stored(*waiting, running("r", priority="high"), job("s", user_id="bob", priority="high"))
    first = {name: await store.count_first(await found(store, name), [], 10) for name in priorities}
    assert first == {"c": 0, "e": 1, "b": 2, "d": 3, "a": 4, "f": 5, "g": 6}
    assert await store.count_first(await found(store, "d"), ["c", "b", "x"], 10) == 1
    assert [await store.count_first(await found(store, "g"), [], most) for most in (1, 3, 6)] == [1, 3, 6]


async def test_job_is_started_once_and_only_as_it_was_read(stored: Stored) -> None:
    store = await stored(job("a", rev=7, status_reason="waits"), job("b", status="CANCELLED"), running("c"))
    as_read = await found(store, "a")
    assert not await store.start({**as_read, "rev": 6})
    assert not await store.start({**as_read, "run": 2})
    assert [await store.start(as_read) for _ in range(2)] == [True, False]
    started = await found(store, "a")
    assert (started["status"], started["status_reason"], started["rev"]) == ("PROCESSING", None, 8)
    for name in "bc":
        assert not await store.start(await found(store, name))
    assert not await store.start({**as_read, "_id": "no-such-job"})


async def test_only_a_waiting_job_is_told_to_wait(stored: Stored) -> None:
    store = await stored(job("a"), running("b"))
    for name in "ab":
        await store.mark_waiting(name, "waits")
    assert [(await found(store, name))["status_reason"] for name in "ab"] == ["waits", None]
