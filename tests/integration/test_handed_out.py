"""Whoever asks which items of a job were handed out reads the same: its user, the feeder, healing."""

from __future__ import annotations

import pytest

from services.api.item_reader import ItemReader
from services.api.item_repository import MongoItemStore
from services.api.repository import MongoJobStore
from services.expander.repository import ExpanderRepository
from services.sweeper.repository import SweeperRepository
from shared.errors import PermanentError
from shared.handout import again
from shared.jobs import ItemStatus
from shared.messages import CollectItem, ItemsFinished
from shared.mongo import Binary, Database, Document
from tests.builders import HOME, asin, job_document
from tests.integration.shared.conftest import database

__all__ = ["database"]

OTHER = "amazon.de"
MIXED = {"run": 1, "cursors": [[HOME, 6, 3], [OTHER, 10, 5]]}
ENDED = Binary(bytes([0b0000_0110]))  # items 1 and 2


async def running(database: Database, **changes: object) -> Document:
    """A job of 20 products, every second one of another marketplace, fed up to place 10."""
    changes = {"status": "PROCESSING", "total_items": 20, "progress": 2, "fed": 10, "ledger": ENDED, **changes}
    job = job_document(**changes)
    await database["jobs"].insert_one(dict(job))
    keys = [f"{OTHER if seq % 2 else HOME}:{asin(seq)}" for seq in range(20)]
    chunk = {"job_id": job["_id"], "run": 1, "first": 0, "last": 19, "keys": keys}
    await database["items"].insert_one({"_id": f"{job['_id']}:1:0", **chunk})
    return job


async def shown(database: Database, job: Document, status: ItemStatus) -> list[int]:
    found = await MongoJobStore(database).find_job(job["user_id"], job["_id"])
    assert found is not None
    items = ItemReader(MongoItemStore(database)).scan(found, status)
    return [item.seq async for item in items]


async def healed(database: Database, job: Document) -> list[int]:
    commands = await again(SweeperRepository(database), job, 100)
    return [CollectItem.model_validate_json(command.body).seq for command in commands]


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        (MIXED, [0, 3, 4, 5, 7, 9]),
        (None, [0, 3, 4, 5, 6, 7, 8, 9]),  # as a job of one marketplace is stored, and one from before there were lanes
        ({**MIXED, "run": 0}, [0, 3, 4, 5, 6, 7, 8, 9]),
    ],
    ids=["cursors", "none", "of another run"],
)
async def test_items_that_run_are_those_that_healing_hands_out(
    database: Database, lanes: Document | None, expected: list[int]
) -> None:
    job = await running(database, lanes=lanes, marketplaces=[HOME, OTHER])
    assert await shown(database, job, ItemStatus.RUNNING) == expected
    assert await healed(database, job) == expected


async def test_what_the_feeder_moves_its_user_sees(database: Database) -> None:
    job = await running(database, lanes=MIXED, marketplaces=[HOME, OTHER])
    repository = ExpanderRepository(database)
    as_read = await repository.find_job(job["_id"])
    assert as_read is not None
    assert set(await repository.find_outstanding(as_read)) == set(await shown(database, job, ItemStatus.RUNNING))
    further = {"run": 1, "cursors": [[HOME, 9, 5], [OTHER, 10, 5]]}
    assert await repository.move_cursor(as_read, {"fed": 10, "lanes": further})
    assert await shown(database, job, ItemStatus.RUNNING) == [0, 3, 4, 5, 6, 7, 8, 9]
    assert await shown(database, job, ItemStatus.QUEUED) == list(range(10, 20))


async def test_what_is_stored_no_more_is_told_by_its_outcome_or_never(database: Database) -> None:
    job = await running(database, lanes=MIXED, marketplaces=[HOME, OTHER])
    await database["items"].delete_many({"job_id": job["_id"]})
    with pytest.raises(PermanentError, match="not stored any more"):
        await healed(database, job)
    outcomes = [{"_id": f"{job['_id']}:1:{seq}", "status": "failed"} for seq in (0, *range(3, 10))]
    await database["outcomes"].insert_many(outcomes)
    [fact] = await again(SweeperRepository(database), job, 100)
    assert ItemsFinished.model_validate_json(fact.body).failed == (0, *range(3, 10))
