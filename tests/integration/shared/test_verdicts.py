"""Verdicts out of a real database: one a run, from what was counted, by the latest outcome of each item."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.ledger import Ledger
from shared.mongo import Binary, Database, connect
from shared.verdicts import judged

JOB = "a-job"
TOTAL = 10


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        yield database


async def store(database: Database, counted: range, **changes: Any) -> dict[str, Any]:
    """A job of ten items of which so many are counted, all as succeeded."""
    ledger = Ledger(b"", TOTAL)
    ledger.add(counted)
    job = {
        "_id": JOB,
        "user_id": "ann",
        "type": "BULK_ASIN",
        "request": {"count": TOTAL},
        "settings": {"quality_gate": {"min_success_rate": 100, "min_coverage": {"price": 80, "brand": 50}}},
        "run": 1,
        "rev": 7,
        "status": "COMPLETED",
        "total_items": TOTAL,
        "progress": len(counted),
        "success_count": len(counted),
        "error_count": 0,
        "error_message": None,
        "ledger": Binary(ledger.to_bytes()),
        **changes,
    }
    await database["jobs"].replace_one({"_id": JOB}, job, upsert=True)
    return job


async def outcomes(database: Database, run: int, lacking: dict[int, list[str]], status: str = "succeeded") -> None:
    for seq, fields in lacking.items():
        outcome = {"_id": f"{JOB}:{run}:{seq}", "job_id": JOB, "run": run, "seq": seq, "status": status}
        await database["outcomes"].insert_one({**outcome, **({"lacking": fields} if fields else {})})


def reasons(job: dict[str, Any]) -> list[tuple[str, float | None]]:
    return [(each["rule"], each["got"]) for each in job["quality"]["reasons"]]


async def test_many_judges_give_one_verdict(database: Database) -> None:
    job = await store(database, range(TOTAL))
    await outcomes(database, 1, {0: ["price"], 1: ["price"], 2: ["brand", "price"], 3: []})
    found = await asyncio.gather(*(judged(database, dict(job)) for _ in range(5)))
    assert {(each["rev"], each["quality"]["status"]) for each in found} == {(8, "failed")}
    assert reasons(found[0]) == [("min_coverage.price", 70.0)]


async def test_later_outcomes_of_items_count_and_uncounted_ones_do_not(database: Database) -> None:
    job = await store(database, range(8), run=2, status="CANCELLED")
    await outcomes(database, 1, {0: ["price"], 1: ["price"], 2: ["price"]})
    await outcomes(database, 2, {0: [], 1: ["brand"], 9: ["price"]})
    found = await judged(database, job)
    assert reasons(found) == [("min_success_rate", 80.0)]
    assert found["quality"]["run"] == 2


async def test_verdict_stands_whatever_comes_later_and_a_new_run_gets_its_own(database: Database) -> None:
    job = await store(database, range(TOTAL))
    first = await judged(database, job)
    assert first["quality"]["status"] == "passed"
    await outcomes(database, 1, {seq: ["price"] for seq in range(5)})
    assert await judged(database, first) == first
    again = await store(database, range(TOTAL), run=2, quality=first["quality"])
    found = await judged(database, again)
    assert (found["quality"]["run"], reasons(found)) == (2, [("min_coverage.price", 50.0)])


async def test_job_without_a_gate_is_left_alone(database: Database) -> None:
    job = await store(database, range(TOTAL), settings={})
    assert await judged(database, job) is job
    assert "quality" not in (await database["jobs"].find_one({"_id": JOB}) or {})


async def test_job_that_goes_on_meanwhile_gets_no_verdict(database: Database) -> None:
    job = await store(database, range(TOTAL))
    await store(database, range(TOTAL), status="PROCESSING", run=2)
    assert "quality" not in await judged(database, job)
    assert "quality" not in (await database["jobs"].find_one({"_id": JOB}) or {})
