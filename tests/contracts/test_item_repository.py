"""Items, outcomes and attempts are found in memory and in the database alike."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import pytest

from services.api import repository
from services.api.item_repository import MongoItemStore
from services.api.records import Account, Attempts, ErrorGroup, ItemChunk, Outcome
from services.api.stores import ItemStore
from shared.jobs import JobStatus
from shared.mongo import Binary, Database, connect
from tests.unit.api.builders import HOME, asin, attempts, failure, outcome
from tests.unit.api.fakes import FakeItemStore

JOB = "a-job"
KEYS = [f"{HOME}:{asin(number)}" for number in range(2_050)]
LEDGER = bytes([0b101, 0xFF])
OUTCOMES = [outcome(0), failure(2), outcome(5), failure(1_500, attempts=3), outcome(2, run=2)]
ATTEMPTS = [attempts(3), attempts(4, count=2)]
ACCOUNT = Account(
    rev=7, run=2, status=JobStatus.PROCESSING, total_items=2_050, success_count=2, error_count=2, ledger=LEDGER
)
AGAIN = {2: 0, 1_500: 1}  # seq and place of what the second run tries again


def in_memory() -> FakeItemStore:
    store = FakeItemStore(KEYS)
    store.ledger = LEDGER
    store.outcomes = {(outcome.run, outcome.seq): outcome for outcome in OUTCOMES}
    store.attempts = {(1, entry.seq): entry for entry in ATTEMPTS}
    store.places = {2: AGAIN}
    store.account = ACCOUNT
    return store


async def in_database(database: Database) -> MongoItemStore:
    await repository.ensure_indexes(database)
    await database["jobs"].insert_one({"_id": JOB, **asdict(ACCOUNT), "ledger": Binary(LEDGER)})
    await database["items"].insert_many(
        [_chunk(first, KEYS[first : first + 1_000]) for first in range(0, 2_050, 1_000)]
    )
    retried = {
        "_id": f"{JOB}:2:0",
        "run": 2,
        "keys": [KEYS[seq] for seq in AGAIN],
        "seqs": list(AGAIN),
        "last": 1,
        "last_seq": 1_500,
    }
    await database["items"].insert_one({"job_id": JOB, "first": 0, **retried})
    await database["items"].insert_one({**_chunk(0, ["amazon.de:B0OTHERJOB"]), "_id": "other:1:0", "job_id": "other"})
    await database["outcomes"].insert_many([_outcome(outcome) for outcome in OUTCOMES])
    await database["attempts"].insert_many([_attempts(entry) for entry in ATTEMPTS])
    return MongoItemStore(database)


def _chunk(first: int, keys: list[str]) -> dict[str, Any]:
    last = first + len(keys) - 1
    return {"_id": f"{JOB}:1:{first}", "job_id": JOB, "run": 1, "first": first, "last": last, "keys": keys}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    fields = asdict(outcome)
    status = "succeeded" if fields.pop("succeeded") else "failed"
    return {"_id": f"{JOB}:{outcome.run}:{outcome.seq}", "job_id": JOB, "status": status, **fields}


def _attempts(entry: Attempts) -> dict[str, Any]:
    fields = asdict(entry)
    return {"_id": f"{JOB}:1:{fields.pop('seq')}", "job_id": JOB, **fields}


@pytest.fixture(params=["memory", "mongodb"])
async def items(request: pytest.FixtureRequest) -> AsyncIterator[ItemStore]:
    if request.param == "memory":
        yield in_memory()
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        yield await in_database(database)


@pytest.mark.parametrize(("first", "last"), [(0, 4), (998, 1_003), (1_999, 2_049), (2_048, 2_060), (9_000, 9_100)])
async def test_keys_of_a_range_are_found_across_chunks(items: ItemStore, first: int, last: int) -> None:
    found = await items.find_keys(JOB, first, last)
    assert found == {seq: KEYS[seq] for seq in range(first, min(last + 1, len(KEYS)))}


async def test_items_tried_again_have_places_in_their_run(items: ItemStore) -> None:
    assert await items.find_places(JOB, 2, 0, 2_000) == {2: 0, 1_500: 1}
    assert await items.find_places(JOB, 2, 3, 2_000) == {1_500: 1}
    assert await items.find_places(JOB, 3, 0, 2_000) == {}


async def test_outcomes_of_a_run_are_found_by_seq(items: ItemStore) -> None:
    assert await items.find_outcomes(JOB, 1, [0, 1, 2, 1_500]) == {
        0: outcome(0),
        2: failure(2),
        1_500: failure(1_500, attempts=3),
    }
    assert await items.find_outcomes(JOB, 2, [0, 2]) == {2: outcome(2, run=2)}


@pytest.mark.parametrize(
    ("status", "after", "limit", "expected"),
    [("succeeded", -1, 9, [0, 5]), ("failed", -1, 9, [2, 1_500]), ("failed", 2, 9, [1_500]), ("failed", -1, 1, [2])],
)
async def test_finished_seqs_are_found_in_order(
    items: ItemStore, status: str, after: int, limit: int, expected: list[int]
) -> None:
    assert await items.find_finished(JOB, 1, status, after, limit) == expected


async def test_attempts_of_a_run_are_found_by_seq(items: ItemStore) -> None:
    assert await items.find_attempts(JOB, 1, [3, 4, 5]) == {3: attempts(3), 4: attempts(4, count=2)}


async def test_ledger_of_a_job_is_found(items: ItemStore) -> None:
    assert await items.find_ledger(JOB) == LEDGER


async def test_counts_and_ledger_are_read_together(items: ItemStore) -> None:
    assert await items.find_account(JOB) == ACCOUNT


async def test_failures_of_a_run_are_counted_by_kind(items: ItemStore) -> None:
    kind = ErrorGroup(code="not_found", retryable=False, count=2, message="There is no such product.")
    assert await items.count_failures(JOB, 1) == [kind]
    assert await items.count_failures(JOB, 2) == []


async def test_chunks_of_a_run_come_in_order(items: ItemStore) -> None:
    assert [chunk async for chunk in items.find_chunks(JOB, 1)] == [
        ItemChunk(first=0, last=999, count=1_000, seqs=None),
        ItemChunk(first=1_000, last=1_999, count=1_000, seqs=None),
        ItemChunk(first=2_000, last=2_049, count=50, seqs=None),
    ]
    assert [chunk async for chunk in items.find_chunks(JOB, 2)] == [
        ItemChunk(first=0, last=1, count=2, seqs=[2, 1_500])
    ]
