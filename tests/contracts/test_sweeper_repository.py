"""The sweeper's repository in memory does what the real one does, ages included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.sweeper.repository import SweeperRepository
from shared.jobs import ItemStatus
from shared.mongo import Binary, Document, connect
from tests.builders import job_document
from tests.fakes import FakeClock
from tests.unit.sweeper.fakes import MemorySweeperRepository

AGE = 100.0
KEYS = [f"amazon.co.jp:B{number:09d}" for number in range(6)]
Stored = Callable[..., Awaitable[SweeperRepository]]


class Now(FakeClock):
    """The time that it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(params=["memory", "mongodb"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[Stored]:
    """Makes a repository that holds these jobs; the items of `a` are KEYS, in reverse in its second run."""
    if request.param == "memory":

        async def in_memory(*jobs: Document) -> SweeperRepository:
            repository = MemorySweeperRepository(Now(), *jobs)
            repository.keys["a", 1] = dict(enumerate(enumerate(KEYS)))
            repository.keys["a", 2] = {place: (5 - place, KEYS[5 - place]) for place in range(6)}
            repository.end("a", 1, 0)
            repository.end("a", 1, 1, status=ItemStatus.FAILED)
            return repository

        yield in_memory
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        repository = SweeperRepository(database)
        await repository.create_indexes(3_600)
        chunk: dict[str, Any] = {"job_id": "a", "run": 1, "first": 0, "last": 5, "keys": KEYS}
        again = {**chunk, "_id": "a:2:0", "run": 2, "keys": KEYS[::-1], "seqs": [5, 4, 3, 2, 1, 0]}
        await database["items"].insert_many([{**chunk, "_id": "a:1:0"}, again])
        outcomes = [{"_id": "a:1:0", "status": "succeeded"}, {"_id": "a:1:1", "status": "failed"}]
        await database["outcomes"].insert_many(outcomes)

        async def in_database(*jobs: Document) -> SweeperRepository:
            await database["jobs"].insert_many(jobs)
            return repository

        yield in_database


def old(seconds: float = 2 * AGE) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def job(name: str, **changes: Any) -> Document:
    young = {"queued_at": old(1), "updated_at": old(1)}
    return job_document(**{"_id": name, **young, **changes})


def names(jobs: list[Document]) -> list[str]:
    return sorted(document["_id"] for document in jobs)


async def test_unsent_jobs_are_pending_old_and_never_sent(stored: Stored) -> None:
    repository = await stored(
        job("a", queued_at=old()),
        job("b"),
        job("c", queued_at=old(), submitted_at=old()),
        job("d", queued_at=old(), status="CANCELLED"),
    )
    assert names(await repository.find_unsent(AGE)) == ["a"]
    await repository.mark_sent([{"_id": "a", "run": 1}, {"_id": "c", "run": 2}])
    assert await repository.find_unsent(AGE) == []


async def test_jobs_stored_by_an_earlier_release_are_sent_and_not_overdue(stored: Stored) -> None:
    """They have neither a time at which they were queued last nor a time limit."""
    pending, running = job("a", created_at=old()), job("b", status="PROCESSING", created_at=old())
    for document in (pending, running):
        del document["queued_at"]
        document.pop("deadline_at", None)
    repository = await stored(pending, running)
    assert names(await repository.find_unsent(AGE)) == ["a"]
    assert await repository.find_overdue() == []


async def test_overdue_jobs_run_past_their_time_limit(stored: Stored) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=AGE)
    repository = await stored(
        job("a", status="PROCESSING", deadline_at=old()),
        job("b", status="PROCESSING", deadline_at=soon),
        job("c", status="PROCESSING", deadline_at=None),
        job("d", status="PAUSED", deadline_at=old()),
        job("e", status="COMPLETED", deadline_at=old()),
    )
    assert names(await repository.find_overdue()) == ["a"]


async def test_unstarted_jobs_were_sent_long_ago(stored: Stored) -> None:
    repository = await stored(
        job("a", submitted_at=old()),
        job("b", submitted_at=old(), status_reason="waits"),
        job("c", submitted_at=old(1)),
        job("d"),
        job("e", submitted_at=old(), status="PROCESSING"),
    )
    assert names(await repository.find_unstarted(AGE)) == ["a", "b"]
    await repository.mark_sent([{"_id": "a", "run": 1}, {"_id": "b", "run": 1}])
    assert await repository.find_unstarted(AGE) == []


async def test_expired_jobs_were_taken_in_vain_and_do_not_wait_for_others(stored: Stored) -> None:
    taken: Document = {"takes": 3, "takes_run": 1}
    repository = await stored(
        job("a", queued_at=old(), **taken),
        job("b", queued_at=old(), status_reason="waits", **taken),
        job("c", **taken),
        job("d", queued_at=old()),
        job("e", queued_at=old(), takes=2, takes_run=1),
        job("f", queued_at=old(), run=2, **taken),
    )
    assert names(await repository.find_expired(AGE, 3)) == ["a"]


async def test_untold_jobs_were_paused_or_resumed_a_while_ago(stored: Stored) -> None:
    news = [{"rev": rev, "step": "pause"} for rev in (3, 5)]
    repository = await stored(job("a", status="PAUSED", news=news, news_at=old()), job("b", news_at=old(1)), job("c"))
    (found,) = await repository.find_untold(AGE)
    assert (found["_id"], found["news"]) == ("a", news)
    await repository.mark_told("a", 4)
    assert [found["news"] for found in await repository.find_untold(AGE)] == [news[1:]]
    await repository.mark_told("a", 5)
    assert await repository.find_untold(AGE) == []


async def test_unannounced_jobs_ended_a_while_ago(stored: Stored) -> None:
    repository = await stored(
        job("a", status="COMPLETED", completed_at=old()),
        job("b", status="CANCELLED", completed_at=old()),
        job("c", status="FAILED", completed_at=old(1)),
        job("d", status="COMPLETED", completed_at=old(), announced=True),
        job("e", status="PROCESSING", completed_at=None),
    )
    assert names(await repository.find_unannounced(AGE)) == ["a", "b"]
    await repository.mark_announced([{"_id": "a", "run": 1}, {"_id": "b", "run": 1}])
    assert await repository.find_unannounced(AGE) == []


async def test_stalled_jobs_healed_longest_ago_come_first(stored: Stored) -> None:
    running = {"status": "PROCESSING", "updated_at": old()}
    repository = await stored(
        job("a", **running, healed_at=old(50)),
        job("b", **running, healed_at=old(70)),
        job("c", **running),
        job("d", status="PROCESSING"),
        job("e", updated_at=old()),
    )
    assert [document["_id"] for document in await repository.find_stalled(AGE)] == ["c", "b", "a"]


async def test_healing_is_claimed_once_in_its_time(stored: Stored) -> None:
    repository = await stored(job("a", status="PROCESSING", updated_at=old()))
    [found] = await repository.find_stalled(AGE)
    assert await repository.claim_healing(found, AGE, 1)
    assert not await repository.claim_healing(found, AGE, 2)
    assert not await repository.claim_healing({**found, "rev": 9}, 0.0, 2)
    [claimed] = await repository.find_stalled(AGE)
    assert claimed["heals"] == 1
    assert claimed["healed_at"] > claimed["updated_at"]


async def test_claim_long_ago_holds_nobody_up(stored: Stored) -> None:
    repository = await stored(job("a", status="PROCESSING", updated_at=old(), healed_at=old(), heals=1))
    [found] = await repository.find_stalled(AGE)
    assert await repository.claim_healing(found, AGE, 2)


async def test_job_fails_unless_it_changed(stored: Stored) -> None:
    repository = await stored(job("a", rev=3, status_reason="x"), job("b", status="COMPLETED"))
    assert await repository.fail("a", 2, "late") is None
    failed = await repository.fail("a", 3, "late")
    assert failed is not None
    assert (failed["status"], failed["error_message"], failed["rev"]) == ("FAILED", "late", 4)
    assert await repository.fail("a", 4, "again") is None
    assert await repository.fail("b", 0, "late") is None


async def test_keys_are_found_by_place(stored: Stored) -> None:
    repository = await stored(job("a"))
    assert await repository.find_keys("a", 1, [1, 4, 99]) == {1: (1, KEYS[1]), 4: (4, KEYS[4])}
    assert await repository.find_keys("a", 2, range(2)) == {0: (5, KEYS[5]), 1: (4, KEYS[4])}
    assert await repository.find_keys("a", 3, [0]) == {}


async def test_ledger_and_outcomes_are_found(stored: Stored) -> None:
    repository = await stored(job("a", ledger=Binary(b"\x03")), job("b"))
    assert (await repository.find_ledger("a"), await repository.find_ledger("b")) == (b"\x03", b"")
    found = await repository.find_statuses(["a:1:0", "a:1:1", "a:1:2"])
    assert found == {"a:1:0": ItemStatus.SUCCEEDED, "a:1:1": ItemStatus.FAILED}


async def test_old_jobs_have_ended_long_ago(stored: Stored) -> None:
    repository = await stored(
        job("a", status="COMPLETED", completed_at=old()),
        job("b", status="CANCELLED", completed_at=old(1)),
        job("c", status="PROCESSING", completed_at=old()),
    )
    [found] = await repository.find_old_jobs(AGE)
    assert (found["_id"], found["user_id"]) == ("a", "ann")
    assert await repository.delete_job(found)
    assert await repository.find_old_jobs(AGE) == []


async def test_old_job_that_changed_meanwhile_stays(stored: Stored) -> None:
    repository = await stored(job("a", status="COMPLETED", completed_at=old(), rev=4))
    [found] = await repository.find_old_jobs(AGE)
    assert not await repository.delete_job({**found, "rev": 3})
    assert await repository.find_old_jobs(AGE) == [found]
