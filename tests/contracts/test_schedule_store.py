"""Schedules in memory do what the real ones do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.api.deltas import Seen
from services.api.repository import ensure_indexes
from services.api.schedule_repository import MongoScheduleStore
from services.api.stores import ScheduleStore
from shared.mongo import Database, Decimal128, connect
from tests.unit.api.builders import NOW
from tests.unit.api.fake_schedules import FakeScheduleStore


def schedule(schedule_id: str) -> dict[str, Any]:
    return {"_id": schedule_id, "user_id": "ann", "name": schedule_id, "keys": ["amazon.com:B000000001"]}


def run(schedule_id: str, hours: int) -> dict[str, Any]:
    return {"_id": f"{schedule_id}:{hours}", "schedule_id": schedule_id, "due_at": NOW + timedelta(hours=hours)}


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        yield database


@pytest.fixture(params=["memory", "mongodb"])
async def store(request: pytest.FixtureRequest, mongo_url: str, mongo_database: str) -> AsyncIterator[ScheduleStore]:
    runs = [run(schedule_id, hours) for schedule_id in "ab" for hours in range(3)]
    if request.param == "memory":
        memory = FakeScheduleStore()
        memory.runs = {each["_id"]: each for each in runs}
        yield memory
        return
    async with connect(mongo_url, mongo_database, app="test") as database:
        await ensure_indexes(database)
        await database["schedule_runs"].insert_many(runs)
        yield MongoScheduleStore(database)


async def test_schedules_are_their_users_alone(store: ScheduleStore) -> None:
    for schedule_id in "ab":
        await store.insert_schedule(schedule(schedule_id))
    found = await store.find_schedules("ann")
    assert [each["_id"] for each in found] == ["b", "a"]
    assert "keys" not in found[0]
    assert await store.find_schedules("bob") == []
    assert await store.find_schedule("bob", "a") is None
    assert await store.change_schedule("bob", "a", {"name": "x"}) is None
    assert not await store.delete_schedule("bob", "a")
    assert await store.change_schedule("ann", "a", {"name": "x"}) == {"_id": "a", "user_id": "ann", "name": "x"}


async def test_place_is_one_schedules(store: ScheduleStore) -> None:
    assert await store.insert_schedule({**schedule("a"), "place": 0})
    assert not await store.insert_schedule({**schedule("b"), "place": 0})
    assert await store.insert_schedule({**schedule("c"), "user_id": "bob", "place": 0})
    assert await store.insert_schedule(schedule("d"))
    assert await store.insert_schedule(schedule("e"))
    assert not await store.insert_schedule({**schedule("a"), "place": 1})
    assert [(each["_id"], each.get("place")) for each in await store.find_schedules("ann")] == [
        *(("e", None), ("d", None)),
        ("a", 0),
    ]


async def test_job_is_changed_only_while_none_is_due(store: ScheduleStore) -> None:
    await store.insert_schedule({**schedule("a"), "paused": False, "next_at": NOW, "keys": ["one"]})
    assert await store.find_keys("ann", "a") == ["one"]
    assert await store.find_keys("bob", "a") is None
    assert await store.change_schedule("ann", "a", {"name": "x"}, NOW) is None
    assert await store.change_schedule("ann", "a", {"name": "x"}, NOW - timedelta(seconds=1)) is not None
    await store.change_schedule("ann", "a", {"paused": True})
    assert await store.change_schedule("ann", "a", {"keys": ["two"]}, NOW) is not None
    assert await store.find_keys("ann", "a") == ["two"]


async def test_runs_are_paged_and_go_with_their_schedule(store: ScheduleStore) -> None:
    await store.insert_schedule(schedule("a"))
    first = await store.find_runs("a", None, 2)
    assert [each["_id"] for each in first] == ["a:2", "a:1"]
    assert [each["_id"] for each in await store.find_runs("a", first[-1]["due_at"], 2)] == ["a:0"]
    assert await store.find_run("b", "a:1") is None
    assert await store.delete_schedule("ann", "a")
    assert await store.find_run("a", "a:1") is None
    assert await store.find_run("b", "b:1") is not None


async def test_last_run_of_an_item_says_how_it_was_seen(database: Database) -> None:
    fields = {"job_id": "j", "marketplace": "amazon.com"}
    seen = {"price": Decimal128("9.50"), "currency": "USD", "availability": "in_stock"}
    await database["outcomes"].insert_many(
        [
            {"_id": "j:2:0", "run": 2, "asin": "A", "status": "succeeded", "seen": seen, "error": None, **fields},
            {"_id": "j:1:0", "run": 1, "asin": "A", "status": "failed", "error": {"code": "timeout"}, **fields},
            {"_id": "j:1:1", "run": 1, "asin": "B", "status": "failed", "error": {"code": "not_found"}, **fields},
        ]
    )
    found = await MongoScheduleStore(database).find_seen("j")
    assert found == {
        "amazon.com:A": Seen(Decimal("9.50"), "USD", "in_stock"),
        "amazon.com:B": Seen(error="not_found"),
    }
