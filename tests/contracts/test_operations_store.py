"""What operators are told of paces and leases: the same of the fake and of the database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.operations import OperationsStore
from services.api.operations_repository import MongoOperationsStore
from shared.mongo import connect
from tests.unit.api.fakes import FakeOperationsStore

PACES = [{"_id": "amazon.de", "next": 0}, {"_id": "amazon.de@one", "next": 0}]


def leases() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {"_id": "sweeper", "owner": "s-1", "until": now + timedelta(minutes=5)},
        {"_id": "migrate", "owner": "m-1", "until": now - timedelta(minutes=5)},
    ]


@pytest.fixture(params=["fake", "real"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[OperationsStore]:
    if request.param == "fake":
        fake = FakeOperationsStore()
        fake.paces, fake.leases = PACES, {each["_id"]: each for each in leases()}
        yield fake
        return
    mongo_url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(mongo_url, name, app="test") as database:
        await database["pace"].insert_many(PACES)
        await database["leases"].insert_many([*leases(), {"_id": "free", "owner": None, "until": None}])
        yield MongoOperationsStore(database)


async def test_every_line_is_found_with_the_time(store: OperationsStore) -> None:
    found, now = await store.find_paces()
    assert [each["_id"] for each in found] == ["amazon.de", "amazon.de@one"]
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


async def test_only_a_held_lease_is_found(store: OperationsStore) -> None:
    held = await store.find_lease("sweeper")
    assert held is not None
    assert held["owner"] == "s-1"
    assert [await store.find_lease(name) for name in ("migrate", "free", "nothing")] == [None, None, None]
