"""One world per test, over a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.mongo import connect
from tests.integration.lifecycle.world import World


@pytest.fixture
async def world(mongo_url: str, mongo_database: str) -> AsyncIterator[World]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        world = World(database)
        await world.prepare()
        yield world
