"""The failure store in memory does what the real one does."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.api.failure_repository import BATCH, MongoFailureStore
from services.api.failures import Choice, FailurePosition, RetryAnswer
from services.api.stores import FailureStore
from services.sweeper.repository import SweeperRepository
from shared.mongo import connect
from tests.builders import job_document
from tests.unit.api.builders import NOW, stored_failure
from tests.unit.api.fakes import FakeFailureStore

DOCUMENTS = [
    stored_failure(1),
    stored_failure(3, code="bug", error_class="ZeroDivisionError", message="by (zero)", correlation_id="other"),
    stored_failure(2, queue="expander.job_submitted", type="job.submitted.v1"),
    stored_failure(4, queue="collector.item_collect.amazon.de", item="a-job:2:3", message="$where [a-z]* failed"),
    stored_failure(5, queue="unknown"),
    stored_failure(6, payload={"bytes": b"x", "size": 2_000_000}),
]


@pytest.fixture(params=["memory", "mongodb"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[FailureStore]:
    if request.param == "memory":
        yield FakeFailureStore(*(dict(document) for document in DOCUMENTS))
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await SweeperRepository(database).create_indexes(10**9)
        await database["failures"].insert_many(DOCUMENTS)
        await database["jobs"].insert_one(job_document(_id="a-job", run=4, status="COMPLETED"))
        yield MongoFailureStore(database)


async def found(store: FailureStore, **chosen: object) -> list[int]:
    failures = await store.find_failures(Choice(**chosen), limit=99)  # type: ignore[arg-type]  # any field of it
    return [int(failure.id, 16) for failure in failures]


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"queue": "expander.job_submitted"}, [2]),
        ({"code": "bug"}, [3]),
        ({"type": "job.submitted.v1"}, [2]),
        ({"job_id": "other"}, [3]),
        ({"since": NOW + timedelta(minutes=5)}, [6, 5]),
        ({"until": NOW + timedelta(minutes=2)}, [1]),
        ({"q": "ZERODIV"}, [3]),
        ({"q": "(ZERO)"}, [3]),
        ({"q": "[a-z]*"}, [4]),
        ({"q": ".*"}, []),
        ({"queue": '{"$ne": null}'}, []),
    ],
)
async def test_failures_are_chosen_by_all_that_is_named(
    store: FailureStore, chosen: dict[str, object], numbers: list[int]
) -> None:
    assert await found(store, **chosen) == numbers


async def test_pages_of_the_list_join_to_the_whole(store: FailureStore) -> None:
    seen, after = [], None
    while page := await store.find_failures(Choice(), limit=4, after=after):
        seen += [int(failure.id, 16) for failure in page]
        after = FailurePosition(page[-1].failed_at, page[-1].id)
    assert seen == [6, 5, 4, 3, 2, 1]


async def test_retries_are_asked_for_once_and_for_what_can_be_sent(store: FailureStore) -> None:
    asked = RetryAnswer(requested=4, items=1, refused=2, complete=True)
    assert await store.request_retries(Choice(), "root") == asked
    assert await store.request_retries(Choice(), "root") == RetryAnswer(requested=0, refused=2, complete=True)
    once = RetryAnswer(requested=1, refused=0, complete=True)
    assert await store.request_retry(f"{1:032x}", "root") == once
    assert await store.request_retry(f"{4:032x}", "root") == once.model_copy(update={"items": 1})
    waiting = await store.find_failures(Choice(), limit=9, retrying=True)
    assert [(int(f.id, 16), f.retries) for f in waiting] == [(4, 1), (3, 1), (2, 1), (1, 1)]
    assert len(await store.find_failures(Choice(), limit=9, retrying=False)) == 2


async def test_failures_about_to_be_sent_again_are_not_deleted_with_many(store: FailureStore) -> None:
    await store.request_retry(f"{1:032x}", "root")
    assert (await store.delete_failures(Choice())).deleted == 5
    assert await found(store) == [1]
    assert await store.delete_failure(f"{1:032x}")
    assert not await store.delete_failure(f"{1:032x}")


async def test_failure_is_shown_whole(store: FailureStore) -> None:
    failure = await store.find_failure(f"{4:032x}")
    assert failure is not None
    assert (failure.refusal, failure.payload.value, failure.traceback) == (
        None,
        {"job_id": 7},
        "Traceback …",
    )
    assert await store.find_failure("nothing") is None


async def test_many_failures_are_worked_off_in_batches(mongo_url: str, mongo_database: str) -> None:
    async with connect(mongo_url, mongo_database, app="test") as database:
        await SweeperRepository(database).create_indexes(10**9)
        await database["failures"].insert_many([stored_failure(n) for n in range(2 * BATCH + 5)])
        real = MongoFailureStore(database)
        assert (await real.request_retries(Choice(), "root")).requested == 2 * BATCH + 5
        await database["failures"].update_many({}, {"$set": {"retry_requested_at": None}})
        assert (await real.delete_failures(Choice())).deleted == 2 * BATCH + 5


async def test_items_are_sorted_by_what_their_job_has_come_to(mongo_url: str, mongo_database: str) -> None:
    """One succeeded in a later run, one failed again, one is not in it; of the last the job is deleted."""
    async with connect(mongo_url, mongo_database, app="test") as database:
        items = ["a-job:1:0", "a-job:1:1", "a-job:1:2", "gone:1:0"]
        await database["failures"].insert_many([stored_failure(n, item=item) for n, item in enumerate(items)])
        await database["jobs"].insert_one(job_document(_id="a-job", run=3, status="COMPLETED"))
        statuses = {"a-job:2:0": "failed", "a-job:3:0": "succeeded", "a-job:2:1": "succeeded", "a-job:3:1": "failed"}
        await database["outcomes"].insert_many([{"_id": name, "status": status} for name, status in statuses.items()])
        store = MongoFailureStore(database)
        told = RetryAnswer(requested=2, items=2, already_done=1, refused=1, complete=True)
        assert await store.request_retries(Choice(), "root") == told
        left = await database["failures"].find({"retry_of": "a-job"}).to_list(None)
        assert [(each["item"], each["retry_after_run"]) for each in left] == [("a-job:1:1", 3), ("a-job:1:2", 3)]
        assert await store.request_retry(f"{3:032x}", "root") == RetryAnswer(requested=0, refused=1, complete=True)
