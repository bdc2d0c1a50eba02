"""How items are found and what each looks like."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.api.item_reader import ItemReader
from services.api.items import unset_bits
from services.api.records import Job
from services.api.responses import ItemView
from shared.jobs import ItemStatus, JobStatus
from tests.unit.api.builders import HOME, asin, attempts, failure, job, outcome
from tests.unit.api.fakes import FakeItemStore

OTHER = "amazon.de"


def keys(count: int) -> list[str]:
    return [f"{HOME}:{asin(number)}" for number in range(count)]


async def read(store: FakeItemStore, of: Job, status: ItemStatus | None = None, **more: Any) -> list[ItemView]:
    return [item async for item in ItemReader(store).scan(of, status, **more)]


def brief(items: list[ItemView]) -> list[tuple[int, str]]:
    return [(item.seq, str(item.status)) for item in items]


@example(b"\xff\x00", 3, 16)
@given(st.binary(max_size=6), st.integers(-1, 60), st.integers(0, 60))
def test_unset_bits_are_those_not_in_the_ledger(ledger: bytes, after: int, end: int) -> None:
    number = int.from_bytes(ledger, "little")
    assert list(unset_bits(ledger, after, end)) == [n for n in range(after + 1, end) if not number >> n & 1]


async def test_statuses_follow_from_outcome_and_place() -> None:
    store = FakeItemStore(keys(4))
    store.finish(outcome(0), failure(1))
    running = job(total_items=4, fed=3)
    assert brief(await read(store, running)) == [(0, "succeeded"), (1, "failed"), (2, "running"), (3, "queued")]


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.FAILED])
async def test_items_without_outcome_end_with_their_job(status: JobStatus) -> None:
    store = FakeItemStore(keys(3))
    store.finish(outcome(1))
    ended = job(status=status, fed=2)
    assert brief(await read(store, ended)) == [(0, "cancelled"), (1, "succeeded"), (2, "cancelled")]


async def test_item_tells_what_its_outcome_was() -> None:
    store = FakeItemStore(keys(3))
    store.finish(failure(1, attempts=3))
    item = (await read(store, job()))[1]
    assert (item.asin, item.marketplace, item.attempts, item.origin) == (asin(1), HOME, 3, "fetched")
    assert item.error is not None
    assert (item.error.code, item.error.retryable, item.processed_at) == ("not_found", False, failure(1).processed_at)


async def test_item_waiting_to_be_tried_again_tells_why() -> None:
    store = FakeItemStore(keys(3))
    store.attempts[1, 2] = attempts(2, count=2)
    item = (await read(store, job()))[2]
    assert item.error is not None
    assert (item.status, item.attempts, item.error.code) == (ItemStatus.RUNNING, 2, "timeout")
    assert item.processed_at is None


def first_run(job_status: JobStatus) -> tuple[FakeItemStore, Job]:
    """30 items of which 20 are fed; all finished when COMPLETED, else about half."""
    store = FakeItemStore(keys(30))
    done = range(30) if job_status is JobStatus.COMPLETED else (0, 1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
    store.finish(*(failure(seq) if seq % 7 == 1 else outcome(seq) for seq in done))
    return store, job(status=job_status, total_items=30, fed=20)


def second_run(job_status: JobStatus) -> tuple[FakeItemStore, Job]:
    """Of 30 items 3 failed ones are tried again, one with success; the two others still failed when COMPLETED."""
    store, of = first_run(JobStatus.COMPLETED)
    store.places = {2: {1: 0, 8: 1, 22: 2}}
    store.ledger = bytes(byte & ~mask for byte, mask in zip(store.ledger, (2, 1, 64, 0), strict=True))
    store.finish(outcome(8, run=2))
    if job_status is JobStatus.COMPLETED:
        store.finish(failure(1, run=2), failure(22, run=2))
    return store, replace(of, status=job_status, run=2, fed=3, run_items=3, kept=27)


def two_marketplaces(job_status: JobStatus) -> tuple[FakeItemStore, Job]:
    """As the first run, but every second item is of another marketplace, which has been handed out less far."""
    store, of = first_run(job_status)
    store.keys = [f"{OTHER if seq % 2 else HOME}:{asin(seq)}" for seq in range(30)]
    return store, replace(of, lanes={HOME: 20, OTHER: 6})


async def test_item_runs_once_its_own_marketplace_was_given_it() -> None:
    store, of = two_marketplaces(JobStatus.PROCESSING)
    running = [item.seq for item in await read(store, of, ItemStatus.RUNNING)]
    assert running == [3, 5, 6]
    queued = [item.seq for item in await read(store, of, ItemStatus.QUEUED)]
    assert queued == [7, 19, *range(20, 30)]


@pytest.mark.parametrize("status", list(ItemStatus))
@pytest.mark.parametrize("job_status", [JobStatus.PROCESSING, JobStatus.COMPLETED, JobStatus.CANCELLED])
@pytest.mark.parametrize("scene", [first_run, second_run, two_marketplaces])
async def test_filter_finds_what_the_whole_list_shows(
    status: ItemStatus, job_status: JobStatus, scene: Callable[[JobStatus], tuple[FakeItemStore, Job]]
) -> None:
    store, of = scene(job_status)

    whole = await read(store, of)

    assert [item.seq for item in whole] == list(range(30))
    assert await read(store, of, status, block=4) == [item for item in whole if item.status is status]


async def test_outcome_counts_before_its_bit_is_set() -> None:
    store = FakeItemStore(keys(2))
    store.outcomes[1, 0] = outcome(0)
    assert brief(await read(store, job(total_items=2), ItemStatus.RUNNING)) == [(1, "running")]
    assert brief(await read(store, job(total_items=2), ItemStatus.SUCCEEDED)) == [(0, "succeeded")]


async def test_item_tried_again_is_no_longer_failed() -> None:
    store = FakeItemStore(keys(3))
    store.finish(outcome(0), failure(1), failure(2))
    store.places = {2: {1: 0}}
    again = job(run=2, fed=1, run_items=1, kept=2)
    assert brief(await read(store, again)) == [(0, "succeeded"), (1, "running"), (2, "failed")]
    assert brief(await read(store, again, ItemStatus.FAILED)) == [(2, "failed")]


async def test_item_left_out_of_a_run_is_cancelled_whatever_came_late() -> None:
    """Item 1 had no outcome when the run began without it; that of the run before came too late to be counted."""
    store = FakeItemStore(keys(4))
    store.places = {2: {2: 0}}
    store.finish(outcome(0), failure(3))
    store.outcomes[1, 1] = outcome(1)
    again = job(total_items=4, run=2, run_items=1, kept=2, fed=1, progress=2)
    expected = [(0, "succeeded"), (1, "cancelled"), (2, "running"), (3, "failed")]
    assert brief(await read(store, again)) == expected
    assert brief(await read(store, again, ItemStatus.CANCELLED)) == [(1, "cancelled")]


async def test_items_stand_as_before_while_a_run_is_chosen() -> None:
    store = FakeItemStore(keys(3))
    store.places = {2: {1: 0}}
    store.finish(outcome(0), failure(1))
    choosing = job(status=JobStatus.PENDING, run=2, choosing=True, fed=0, progress=2)
    assert brief(await read(store, choosing)) == [(0, "succeeded"), (1, "failed"), (2, "cancelled")]


async def test_whole_job_may_be_in_a_later_run() -> None:
    store = FakeItemStore(keys(3))
    store.finish(outcome(0, run=2))
    assert brief(await read(store, job(run=2, fed=2))) == [(0, "succeeded"), (1, "running"), (2, "queued")]


async def test_items_stored_so_far_are_listed_before_the_total_is_known() -> None:
    store = FakeItemStore(keys(5))
    pending = job(status=JobStatus.PENDING, total_items=None, fed=0)
    assert brief(await read(store, pending, block=2)) == [(seq, "queued") for seq in range(5)]


async def test_page_tells_whether_there_are_more() -> None:
    store = FakeItemStore(keys(5))
    reader = ItemReader(store)
    of = job(total_items=5, fed=5)
    first, more = await reader.page(of, None, -1, 3)
    rest, end = await reader.page(of, None, first[-1].seq, 3)
    assert ([item.seq for item in first], more) == ([0, 1, 2], True)
    assert ([item.seq for item in rest], end) == ([3, 4], False)


@pytest.mark.parametrize("status", [ItemStatus.RUNNING, ItemStatus.SUCCEEDED, None])
async def test_filtered_pages_join_to_the_whole_list(status: ItemStatus | None) -> None:
    store, of = first_run(JobStatus.PROCESSING)
    reader, seqs, after, more = ItemReader(store), [], -1, True
    while more:
        (item, *others), more = await reader.page(of, status, after, 1)
        assert (others, item.seq > after) == ([], True)
        after = item.seq
        seqs.append(after)
    assert seqs == [item.seq for item in await read(store, of, status)]


async def test_large_job_is_read_in_bounded_blocks() -> None:
    store = FakeItemStore(keys(5_000))
    items = await read(store, job(total_items=5_000, fed=0))
    assert (len(items), store.asked) == (5_000, 1_000)


async def test_ledger_is_read_once_per_request() -> None:
    store = FakeItemStore(keys(3_000))
    await read(store, job(total_items=3_000, fed=3_000), ItemStatus.RUNNING)
    assert store.ledger_reads == 1
