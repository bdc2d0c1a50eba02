"""Later runs and pauses, step by step: what is handed out, what counts, what a crash in between leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.item_reader import ItemReader
from services.api.item_repository import MongoItemStore
from services.expander.choosing import Choosing
from services.expander.chosen_repository import ChosenRepository
from shared.jobs import ItemStatus
from shared.ledger import Ledger
from shared.messages import CollectItem, ItemsFinished, JobExpanded, JobPaused, JobSubmitted
from shared.mongo import Document
from tests.fakes import FakeClock
from tests.integration.lifecycle.checks import check_job
from tests.integration.lifecycle.world import LIMIT, USER, World, read


async def stored(world: World, job_id: str) -> Document:
    job = await world.database["jobs"].find_one({"_id": job_id})
    assert job is not None
    await check_job(world.database, job)
    return job


async def go(world: World, *kinds: type) -> None:
    """Deliver all messages of these kinds, and those that come of it."""
    while waiting := world.wire.waiting(*kinds):
        for message in waiting:
            await world.deliver(message)


async def run_to_its_end(world: World, job_id: str, failing: dict[int, str]) -> None:
    """Items whose seq is in `failing` fail so, all others succeed."""
    while (await stored(world, job_id))["status"] in {"PENDING", "PROCESSING"}:
        await go(world, JobSubmitted, JobExpanded, CollectItem)
        await world.feed()
        for item in list(world.in_hand):
            code = failing.get(item.command.seq)
            await world.finish(item, ItemStatus.FAILED if code else ItemStatus.SUCCEEDED, code or "")
        await go(world, ItemsFinished)


def handed_out(world: World) -> list[tuple[int, int]]:
    """Run and seq of every command on the wire."""
    commands = [read(message) for message in world.wire.waiting(CollectItem)]
    return [(c.run, c.seq) for c in commands if isinstance(c, CollectItem)]


async def statuses(world: World, job_id: str) -> list[str]:
    job = await world.store.find_job(USER, job_id)
    assert job is not None
    return [str(item.status) async for item in ItemReader(MongoItemStore(world.database)).scan(job, None)]


def counts(job: Document) -> tuple[Any, ...]:
    return job["status"], job["total_items"], job["success_count"], job["error_count"]


async def test_only_failed_items_are_tried_again(world: World) -> None:
    job_id = await world.submit(10)
    await run_to_its_end(world, job_id, {2: "timeout", 5: "captcha", 7: "timeout"})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 10, 7, 3)

    await world.life.retry(USER, job_id, ("timeout",), unfinished=False)
    await go(world, JobSubmitted)
    begun = await stored(world, job_id)
    assert counts(begun) == ("PROCESSING", 10, 7, 1)
    assert (begun["run"], begun["run_items"], begun["kept"], begun["fed"]) == (2, 2, 8, 0)
    await go(world, JobExpanded)
    assert handed_out(world) == [(2, 2), (2, 7)]
    await run_to_its_end(world, job_id, {7: "not_found"})

    assert counts(await stored(world, job_id)) == ("COMPLETED", 10, 8, 2)
    failed = [seq for seq, status in enumerate(await statuses(world, job_id)) if status == "failed"]
    assert failed == [5, 7]


async def test_item_tried_again_takes_no_fact_of_the_run_before(world: World) -> None:
    job_id = await world.submit(3)
    await run_to_its_end(world, job_id, {1: "timeout"})
    await world.life.retry(USER, job_id, None, unfinished=False)
    await go(world, JobSubmitted)
    before = await stored(world, job_id)
    late = ItemsFinished(job_id=job_id, run=1, succeeded=(0, 2), failed=(1,))
    await world._handle(late)
    assert await stored(world, job_id) == before
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 3, 3, 0)


async def cancelled_halfway(world: World) -> str:
    """Of 6 items, seqs 0 and 1 are done (1 failed), 2 has its outcome but is not counted, 3 is on its way."""
    job_id = await world.submit(6)
    await go(world, JobSubmitted, JobExpanded, CollectItem)
    by_seq = {item.command.seq: item for item in world.in_hand}
    await world.finish(by_seq[0], ItemStatus.SUCCEEDED)
    await world.finish(by_seq[1], ItemStatus.FAILED)
    await go(world, ItemsFinished)
    await world.finish(by_seq[2], ItemStatus.SUCCEEDED)
    await world.life.cancel(USER, job_id)
    return job_id


async def test_items_left_out_stay_cancelled_and_end_the_job_so(world: World) -> None:
    job_id = await cancelled_halfway(world)
    (late,) = world.in_hand
    await world.life.retry(USER, job_id, None, unfinished=False)
    await go(world, JobSubmitted)
    begun = await stored(world, job_id)
    assert (begun["kept"], begun["run_items"], begun["progress"]) == (2, 1, 2)
    await world.finish(late, ItemStatus.SUCCEEDED)  # after the run was over: too late to count
    await run_to_its_end(world, job_id, {})
    ended = await stored(world, job_id)
    assert counts(ended) == ("CANCELLED", 6, 3, 0)
    assert ended["status_reason"] == "3 items were left out of its last run"
    assert await statuses(world, job_id) == ["succeeded"] * 3 + ["cancelled"] * 3

    await world.life.retry(USER, job_id, None, unfinished=True)
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 6, 6, 0)


async def test_cancelled_items_are_taken_up_on_request(world: World) -> None:
    job_id = await cancelled_halfway(world)
    await world.life.retry(USER, job_id, None, unfinished=True)
    await go(world, JobSubmitted, JobExpanded)
    assert handed_out(world) == [(2, 1), (2, 3), (2, 4), (2, 5)]
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 6, 6, 0)


async def test_run_that_leaves_nothing_to_do_ends_at_once(world: World) -> None:
    job_id = await world.submit(4)
    await run_to_its_end(world, job_id, {})
    await world.life.recollect(USER, job_id, 3600)
    await run_to_its_end(world, job_id, {})
    ended = await stored(world, job_id)
    assert (counts(ended), ended["run"], ended["run_items"]) == (("COMPLETED", 4, 4, 0), 2, 0)


async def test_only_products_seen_too_long_ago_are_collected_anew(world: World) -> None:
    job_id = await world.submit(5)
    await run_to_its_end(world, job_id, {1: "not_found"})
    keys = (await world.database["items"].find({"job_id": job_id}).to_list(None))[0]["keys"]
    ages = {0: 30, 1: 7200, 2: 7200, 3: 3000, 4: 4000}
    seen = [{"_id": keys[seq], "observed_at": datetime.now(UTC) - timedelta(seconds=age)} for seq, age in ages.items()]
    await world.database["observations"].insert_many(seen)
    await world.life.recollect(USER, job_id, 3600)
    await go(world, JobSubmitted, JobExpanded)
    assert handed_out(world) == [(2, 2), (2, 4)]
    assert counts(await stored(world, job_id)) == ("PROCESSING", 5, 2, 1)
    await run_to_its_end(world, job_id, {4: "not_found"})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 5, 3, 2)


async def test_choice_cut_off_anywhere_is_finished_by_the_next(world: World) -> None:
    """Chunks stored by a try that died count, even if that try saw other items than the next."""
    job_id = await world.submit(8)
    await run_to_its_end(world, job_id, {1: "timeout", 4: "timeout", 6: "timeout"})
    await world.life.retry(USER, job_id, None, unfinished=False)
    repository = ChosenRepository(world.database)
    await repository.insert_chosen(job_id, 2, 0, [1])
    for _ in range(2):
        await go(world, JobSubmitted)
    begun = await stored(world, job_id)
    assert (begun["run_items"], begun["kept"]) == (3, 5)
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 8, 8, 0)


async def test_choice_that_meets_anothers_chunks_goes_on_from_them(world: World) -> None:
    """Two at once: the other's first chunk is stored after this one has looked, and holds less."""
    job_id = await world.submit(8)
    await run_to_its_end(world, job_id, {1: "timeout", 4: "timeout", 6: "timeout"})
    await world.life.retry(USER, job_id, None, unfinished=False)
    await world.database["jobs"].update_one({"_id": job_id}, {"$set": {"status": "PROCESSING"}})
    job = await world.database["jobs"].find_one({"_id": job_id})
    assert job is not None

    class Overtaken(ChosenRepository):
        async def find_last_chosen(self, job_id: str, run: int) -> tuple[int, int]:
            await ChosenRepository(world.database).insert_chosen(job_id, run, 0, [1])
            return 0, -1

    assert await Choosing(Overtaken(world.database), FakeClock()).advance(job)
    assert [seq async for seqs in _chosen(world, job_id) for seq in seqs] == [1, 4, 6]


async def test_choosing_twice_at_once_begins_one_run(world: World) -> None:
    job_id = await world.submit(6)
    await run_to_its_end(world, job_id, {1: "timeout", 2: "timeout"})
    await world.life.retry(USER, job_id, None, unfinished=False)
    await world.database["jobs"].update_one({"_id": job_id}, {"$set": {"status": "PROCESSING"}})
    job = await world.database["jobs"].find_one({"_id": job_id})
    assert job is not None
    choosing = Choosing(ChosenRepository(world.database), FakeClock())
    assert [await choosing.advance(job), await choosing.advance(job)] == [True, False]
    begun = await world.database["jobs"].find_one({"_id": job_id})
    assert begun is not None
    assert (begun["run_items"], begun["error_count"]) == (2, 0)


@pytest.mark.parametrize("after", range(4))
async def test_retry_survives_a_broken_wire(world: World, after: int) -> None:
    job_id = await world.submit(5)
    await run_to_its_end(world, job_id, {0: "timeout", 3: "timeout"})
    world.wire.breaks_after = after
    await world.life.retry(USER, job_id, None, unfinished=False)
    await world.drain()
    assert counts(await stored(world, job_id)) == ("COMPLETED", 5, 5, 0)


async def test_job_whose_list_was_never_copied_is_taken_up_whole(world: World) -> None:
    job_id = await world.submit(3)
    await world.life.cancel(USER, job_id)
    await world.life.retry(USER, job_id, None, unfinished=True)
    await run_to_its_end(world, job_id, {1: "timeout"})
    ended = await stored(world, job_id)
    assert (counts(ended), ended["run"]) == (("COMPLETED", 3, 2, 1), 2)
    assert await statuses(world, job_id) == ["succeeded", "failed", "succeeded"]
    await world.life.retry(USER, job_id, None, unfinished=False)
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 3, 3, 0)


async def test_retried_job_waits_for_its_turn(world: World) -> None:
    job_id = await world.submit(2)
    await run_to_its_end(world, job_id, {0: "timeout"})
    running = [await world.submit(2) for _ in range(LIMIT)]
    await go(world, JobSubmitted)
    await world.life.retry(USER, job_id, None, unfinished=False)
    await go(world, JobSubmitted)
    waiting = await stored(world, job_id)
    assert (waiting["status"], "running jobs" in waiting["status_reason"]) == ("PENDING", True)
    await world.life.pause(USER, running[0])
    for _ in range(2):  # the pause makes room, of which the expander hears
        await go(world, JobPaused, JobSubmitted)
    assert (await stored(world, job_id))["status"] == "PROCESSING"


async def test_what_was_dropped_in_a_pause_is_handed_out_again(world: World) -> None:
    job_id = await world.submit(6)
    await go(world, JobSubmitted, JobExpanded)
    first, *others = world.wire.waiting(CollectItem)
    await world.deliver(first)
    await world.life.pause(USER, job_id)
    for message in others:
        await world.deliver(message)  # dropped
    (in_flight,) = world.in_hand
    await world.finish(in_flight, ItemStatus.SUCCEEDED)
    await go(world, ItemsFinished)
    paused = await stored(world, job_id)
    assert (paused["status"], paused["progress"], handed_out(world)) == ("PAUSED", 1, [])
    await world.feed()
    assert handed_out(world) == []

    await world.life.resume(USER, job_id)
    await go(world, JobSubmitted)
    assert handed_out(world) == [(1, 1), (1, 2), (1, 3)]
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 6, 6, 0)
    assert await world.database["outcomes"].count_documents({"job_id": job_id}) == 6


async def test_second_delivery_after_a_resume_hands_out_nothing_more(world: World) -> None:
    job_id = await world.submit(6)
    await go(world, JobSubmitted, JobExpanded)
    await world.life.pause(USER, job_id)
    await world.life.resume(USER, job_id)
    (submitted,) = world.wire.waiting(JobSubmitted)
    await world.deliver(submitted, again=True)
    sent = len(handed_out(world))
    await world.deliver(submitted)
    assert len(handed_out(world)) == sent


async def test_job_that_ends_while_it_is_paused_completes(world: World) -> None:
    job_id = await world.submit(2)
    await go(world, JobSubmitted, JobExpanded, CollectItem)
    await world.life.pause(USER, job_id)
    for item in list(world.in_hand):
        await world.finish(item, ItemStatus.SUCCEEDED)
    await go(world, ItemsFinished)
    assert counts(await stored(world, job_id)) == ("COMPLETED", 2, 2, 0)


async def test_deleted_job_is_gone_whatever_comes_late(world: World) -> None:
    job_id = await world.submit(4)
    await go(world, JobSubmitted, JobExpanded, CollectItem)
    await world.life.delete(USER, job_id, cancel=True)
    late = list(world.in_hand)
    for item in late:
        await world.finish(item, ItemStatus.SUCCEEDED)
    await world.drain()
    assert await world.database["jobs"].count_documents({}) == 0
    assert await world.database["outcomes"].count_documents({}) == len(late)
    assert await world.sweeper.finish_deletions(900) == 0
    assert await world.sweeper.finish_deletions(-1) == 1
    for name in ("outcomes", "items", "sources", "job_events", "deletions"):
        assert await world.database[name].count_documents({}) == 0, name


async def test_large_job_is_tried_again_in_bounded_steps(world: World) -> None:
    """25,000 items of which 8,334 failed: chosen in blocks, counted in one write."""
    total = 25_000
    job_id = await world.submit(1)
    await run_to_its_end(world, job_id, {})
    failed = list(range(0, total, 3))
    ledger = Ledger(b"", total)
    ledger.add(range(total))
    await world.database["items"].delete_many({"job_id": job_id})
    await world.database["outcomes"].delete_many({"job_id": job_id})
    await world.database["items"].insert_many(_chunks(job_id, total))
    await world.database["outcomes"].insert_many(
        [
            {"_id": f"{job_id}:1:{seq}", "job_id": job_id, "run": 1, "seq": seq, "status": "failed", "error": None}
            for seq in failed
        ]
    )
    figures = {"success_count": total - len(failed), "error_count": len(failed), "progress": total}
    values = {"total_items": total, "ledger": ledger.to_bytes(), "request": {"count": total}, **figures}
    await world.database["jobs"].update_one({"_id": job_id}, {"$set": values})

    await world.life.retry(USER, job_id, None, unfinished=False)
    await go(world, JobSubmitted)

    job = await world.database["jobs"].find_one({"_id": job_id})
    assert job is not None
    assert (job["run_items"], job["kept"], job["error_count"]) == (len(failed), total - len(failed), 0)
    chosen = [seq async for seqs in _chosen(world, job_id) for seq in seqs]
    assert chosen == failed
    cleared = Ledger(bytes(job["ledger"]), total)
    assert [seq for seq in range(total) if not cleared.has(seq)] == failed


def _chunks(job_id: str, total: int) -> list[Document]:
    return [
        {
            "_id": f"{job_id}:1:{first}",
            "job_id": job_id,
            "run": 1,
            "first": first,
            "last": first + 999,
            "keys": [f"amazon.co.jp:B{seq:09d}" for seq in range(first, first + 1_000)],
        }
        for first in range(0, total, 1_000)
    ]


async def _chosen(world: World, job_id: str) -> AsyncIterator[list[int]]:
    async for seqs in ChosenRepository(world.database).chosen(job_id, 2):
        assert len(seqs) <= 1_000
        yield seqs
