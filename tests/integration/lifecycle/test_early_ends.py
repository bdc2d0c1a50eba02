"""Jobs that end before their items were found out: what is known of them is counted, and it can be taken up again."""

from __future__ import annotations

import pytest

from services.api.audit import Auditor
from services.api.item_reader import ItemReader
from services.api.item_repository import MongoItemStore
from services.api.views import job_view
from shared.jobs import ItemStatus, JobType
from shared.messages import JobCancelled, JobSubmitted
from shared.mongo import Document
from tests.builders import HOME, NOW, asin
from tests.integration.lifecycle.test_runs import counts, go, run_to_its_end, stored
from tests.integration.lifecycle.world import USER, World, read
from tests.unit.api.builders import new_job

ITEMS = 1_203
LISTING = {"keyword": "tea", "marketplace": HOME, "max_results": 60}


async def check_cancelled(world: World, job_id: str, known: int) -> None:
    """The job, its items, its books and its last event say that so many items were cancelled."""
    job = await world.store.find_job(USER, job_id)
    assert job is not None
    view = job_view(job, NOW)
    assert (str(view.status), view.total_items, view.progress, view.cancelled_count) == ("CANCELLED", known, 0, known)
    items = MongoItemStore(world.database)
    for wanted in (None, ItemStatus.CANCELLED):
        seqs = [item.seq async for item in ItemReader(items).scan(job, wanted) if item.status is ItemStatus.CANCELLED]
        assert seqs == list(range(known))
    audit = await Auditor(items).audit(job_id)
    assert (audit.balanced, audit.total_items, audit.recorded, audit.derived) == (
        True,
        known,
        audit.derived,
        audit.recorded,
    )
    assert (audit.recorded.total, audit.recorded.cancelled, audit.recorded.remaining) == (known, known, 0)
    (told,) = [message for message in map(read, world.wire.published) if isinstance(message, JobCancelled)]
    assert (told.total_items, told.progress) == (known, 0)


async def test_list_cancelled_before_it_is_begun_counts_all_it_names(world: World) -> None:
    job_id = await world.submit(ITEMS)
    await world.life.cancel(USER, job_id)
    await check_cancelled(world, job_id, ITEMS)
    assert (await stored(world, job_id))["status_reason"] == "Cancelled by its user before it was begun"


async def test_list_cancelled_before_it_is_begun_can_be_collected_after_all(world: World) -> None:
    job_id = await world.submit(7)
    await world.life.cancel(USER, job_id)
    await go(world, JobSubmitted)
    await world.life.retry(USER, job_id, None, unfinished=True)
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 7, 7, 0)


async def test_list_waiting_for_its_turn_shows_what_it_names(world: World) -> None:
    job_id = await world.submit(3)
    job = await world.store.find_job(USER, job_id)
    assert job is not None
    found = [item async for item in ItemReader(MongoItemStore(world.database)).scan(job, None)]
    assert [(item.asin, item.status) for item in found] == [(asin(n), ItemStatus.QUEUED) for n in range(3)]


@pytest.mark.parametrize("pages", [0, 1])
async def test_listing_cancelled_on_the_way_counts_what_its_pages_brought(world: World, pages: int) -> None:
    new = new_job(user_id=USER, type=JobType.KEYWORD, request=LISTING)
    assert await world.handlers.create(new, 0)
    if pages:
        await world.database["items"].insert_one(chunk(new.id, 16))
        place = {"next_url": f"https://www.{HOME}/s?k=tea&page=2", "pages": 1, "found": 16}
        await world.database["jobs"].update_one({"_id": new.id}, {"$set": {"expansion": place}})
    await world.life.cancel(USER, new.id)
    await check_cancelled(world, new.id, 16 * pages)
    reason = "Cancelled by its user before all its products were found out"
    assert (await stored(world, new.id))["status_reason"] == reason


def chunk(job_id: str, items: int) -> Document:
    keys = [f"{HOME}:{asin(number)}" for number in range(items)]
    return {"_id": f"{job_id}:1:0", "job_id": job_id, "run": 1, "first": 0, "last": items - 1, "keys": keys}
