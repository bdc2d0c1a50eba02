"""The expressions that the pace and the lease are made of mean in memory what they mean in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.mongo import connect
from tests.builders import NOW
from tests.unit.shared.fake_database import evaluate

LATER = NOW + timedelta(seconds=1)
DOCUMENT: dict[str, Any] = {
    "none": None,
    "zero": 0,
    "three": 3,
    "half": 2.5,
    "micros": 1_790_000_000_000_000,
    "yes": True,
    "no": False,
    "owner": "a",
    "at": NOW,
    "later": LATER,
}
EXPRESSIONS: list[Any] = [
    "$three",
    {"$max": ["$three", "$half"]},
    {"$max": ["$none", "$three"]},
    {"$max": ["$missing", "$three"]},
    {"$min": ["$three", "$none", 16]},
    {"$add": ["$micros", 2_000_000]},
    {"$add": ["$three", "$half"]},
    {"$subtract": ["$three", 5]},
    {"$multiply": ["$three", 2, "$half"]},
    {"$multiply": [5_000_000, {"$pow": [2, {"$min": ["$three", 16]}]}]},
    {"$toLong": "$at"},
    {"$toLong": "$three"},
    {"$multiply": [{"$toLong": "$at"}, 1000]},
    {"$cond": ["$yes", "$three", "$zero"]},
    {"$cond": ["$no", "$three", "$zero"]},
    {"$gte": ["$three", "$half"]},
    {"$gte": ["$half", "$three"]},
    {"$eq": ["$owner", "a"]},
    {"$eq": ["$owner", "b"]},
    {"$eq": ["$none", None]},
    {"$lt": ["$at", "$later"]},
    {"$lt": ["$later", "$at"]},
    {"$lt": ["$at", "$at"]},
    {"$lt": [{"$ifNull": ["$none", "$at"]}, "$at"]},
    {"$or": ["$no", {"$eq": ["$three", 3]}]},
    {"$or": ["$no", "$no"]},
    {"$ifNull": ["$none", "$three"]},
    {"$ifNull": ["$zero", "$three"]},
    {"$dateAdd": {"startDate": "$at", "unit": "millisecond", "amount": 1_000}},
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
async def test_expression_has_the_same_value(expression: Any, mongo_url: str, mongo_database: str) -> None:
    async with connect(mongo_url, mongo_database, app="test") as database:
        collection = database["expressions"]
        await collection.insert_one({"_id": 1, **DOCUMENT})
        await collection.update_one({"_id": 1}, [{"$set": {"result": expression}}])
        stored = await collection.find_one({"_id": 1})
    assert stored is not None
    assert stored["result"] == evaluate(expression, DOCUMENT, datetime.now(UTC))


async def test_steps_see_what_earlier_steps_set(mongo_url: str, mongo_database: str) -> None:
    """Within one step all see the document as it was before it."""
    steps: list[dict[str, Any]] = [{"$set": {"one": 1, "two": "$one"}}, {"$set": {"three": "$one"}}, {"$unset": "one"}]
    async with connect(mongo_url, mongo_database, app="test") as database:
        await database["steps"].insert_one({"_id": 1, "one": 0})
        await database["steps"].update_one({"_id": 1}, steps)
        stored = await database["steps"].find_one({"_id": 1})
    assert stored == {"_id": 1, "two": 0, "three": 1}


async def test_now_is_the_time_of_the_database(mongo_url: str, mongo_database: str) -> None:
    async with connect(mongo_url, mongo_database, app="test") as database:
        await database["clock"].insert_one({"_id": 1})
        before = datetime.now(UTC)
        await database["clock"].update_one({"_id": 1}, [{"$set": {"at": "$$NOW", "again": "$$NOW"}}])
        stored = await database["clock"].find_one({"_id": 1})
    assert stored is not None
    assert stored["at"] == stored["again"]
    assert abs(stored["at"] - before) < timedelta(seconds=5)
