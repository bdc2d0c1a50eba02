"""What the feeder reads of the work of others: outcomes, the ledger, waits before another attempt, pauses."""

from __future__ import annotations

import time

import pytest

from services.expander.feeder import STALE_SECONDS, Feeder
from services.expander.repository import ExpanderRepository
from shared.chunks import CHUNK_ITEMS
from shared.messages import CollectItem
from shared.mongo import Binary, Database, Document
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeBroker, FakeClock
from tests.integration.shared.conftest import database

__all__ = ["database"]

OTHER = "amazon.de"


@pytest.fixture
async def repository(database: Database) -> ExpanderRepository:
    repository = ExpanderRepository(database)
    await repository.create_indexes()
    return repository


async def running(database: Database, **changes: object) -> Document:
    """A job of 20 products, every second one of another marketplace."""
    job = job_document(**{"status": "PROCESSING", "total_items": 20, **changes})
    await database["jobs"].insert_one(dict(job))
    keys = [f"{OTHER if seq % 2 else HOME}:{asin(seq)}" for seq in range(20)]
    chunk = {"job_id": job["_id"], "run": 1, "first": 0, "last": 19, "keys": keys}
    await database["items"].insert_one({"_id": f"{job['_id']}:1:0", **chunk})
    return job


async def test_items_in_flight_are_those_handed_out_and_not_counted(
    database: Database, repository: ExpanderRepository
) -> None:
    lanes = {"run": 1, "cursors": [[HOME, 6, 3], [OTHER, 10, 5]]}
    job = await running(database, lanes=lanes, fed=10, ledger=Binary(bytes([0b0000_0110])))
    assert await repository.find_outstanding(job) == {0: HOME, 3: OTHER, 4: HOME, 5: OTHER, 7: OTHER, 9: OTHER}
    assert await repository.find_outstanding({**job, "run": 2}) == {}


async def test_only_what_still_waits_to_be_tried_again_is_parked(
    database: Database, repository: ExpanderRepository
) -> None:
    """Told by the database's clock alone."""
    now = [{"$set": {"job_id": "a", "marketplace": HOME, "next_attempt_at": "$$NOW"}}]
    await database["attempts"].update_one({"_id": "a:1:0"}, now, upsert=True)
    for seq, (marketplace, seconds) in enumerate([(HOME, 60), (HOME, 3_600), (OTHER, 60), (HOME, -60)], 1):
        later = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
        update = [{"$set": {"job_id": "a", "marketplace": marketplace, "next_attempt_at": later}}]
        await database["attempts"].update_one({"_id": f"a:1:{seq}"}, update, upsert=True)
    assert await repository.count_parked(["a", "b"], HOME) == 2
    assert await repository.count_parked(["b"], HOME) == 0
    assert await repository.find_parked(["a", "b"], HOME) == {"a": 2}


async def test_pauses_are_read_from_the_pace(database: Database, repository: ExpanderRepository) -> None:
    soon = round((time.time() + 100.0) * 1e6)
    await database["pace"].insert_many([{"_id": HOME, "blocked_until": soon}, {"_id": OTHER, "blocked_until": 0}])
    [block] = (await repository.find_blocks()).values()
    assert (block.marketplace, block.trying) == (HOME, False)
    assert block.seconds == pytest.approx(100.0, abs=10.0)


async def test_time_of_a_page_is_that_of_the_slowest_way_out(
    database: Database, repository: ExpanderRepository
) -> None:
    paces = [{"_id": HOME, "fetch_us": 500_000}, {"_id": f"{HOME}@tokyo", "fetch_us": 1_500_000}, {"_id": OTHER}]
    await database["pace"].insert_many(paces)
    assert await repository.find_fetch_seconds() == {HOME: 1.5}


@pytest.mark.parametrize("marketplace", [None, HOME])
@pytest.mark.parametrize("place", [0, 1, 998, 999, 1_000, 1_001, 1_999])
async def test_next_items_are_found_at_the_edges_of_full_chunks(
    database: Database, repository: ExpanderRepository, marketplace: str | None, place: int
) -> None:
    job, total = job_document(status="PROCESSING", total_items=2 * CHUNK_ITEMS), 2 * CHUNK_ITEMS
    for first in range(0, total, CHUNK_ITEMS):
        keys = [f"{HOME}:{asin(seq)}" for seq in range(first, first + CHUNK_ITEMS)]
        chunk = {"job_id": job["_id"], "run": 1, "first": first, "last": first + CHUNK_ITEMS - 1, "keys": keys}
        await database["items"].insert_one({"_id": f"{job['_id']}:1:{first}", **chunk})
    expected = list(range(place, min(place + 3, total)))
    found, reached = await repository.find_next(job, marketplace, place, 3)
    assert ([seq for seq, _ in found], reached) == (expected, min(place + 3, total))
    assert list(await repository.find_keys(job["_id"], 1, expected)) == expected


async def test_slowed_interval_is_that_of_the_slowest_way_out(
    database: Database, repository: ExpanderRepository
) -> None:
    paces = [{"_id": HOME, "interval_us": 0}, {"_id": f"{OTHER}@a", "interval_us": 4_000_000}, {"_id": OTHER}]
    await database["pace"].insert_many(paces)
    assert await repository.find_slowed_intervals() == {OTHER: 4.0}


async def test_job_whose_items_are_gone_leaves_the_window_to_others(
    database: Database, repository: ExpanderRepository
) -> None:
    broker, clock = FakeBroker(), FakeClock()
    feeder = Feeder(repository, broker, lambda *_: 10, clock)
    gone = await running(database, marketplaces=[HOME], fed=16, progress=6)
    await database["items"].delete_many({})
    bystander = await running(database, marketplaces=[HOME], user_id="eve")
    assert await feeder.look() == 0
    for _ in range(8):
        clock.time += STALE_SECONDS
        await feeder.look()
    assert {message.correlation_id for message in broker.of(CollectItem.TYPE)} == {bystander["_id"]}
    fed = {job["_id"]: job["fed"] async for job in database["jobs"].find({})}
    assert fed == {gone["_id"]: 16, bystander["_id"]: 10}
