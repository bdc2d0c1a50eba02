"""A collector's knowledge of jobs is fresh, costs nothing to look at, and forgets what is not used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from services.collector.jobstates import FORGET_SECONDS, REFRESH_SECONDS, JobState, JobStates, is_late, wants
from shared.errors import DatabaseUnavailableError
from shared.jobs import TERMINAL, JobStatus
from tests.builders import state
from tests.fakes import FakeClock, settle


class Reader:
    def __init__(self) -> None:
        self.jobs: dict[str, JobState] = {"a": state()}
        self.reads: list[set[str]] = []
        self.down = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def find_job_states(self, job_ids: Collection[str]) -> dict[str, JobState]:
        await self.answers.wait()
        if self.down:
            raise DatabaseUnavailableError("gone")
        self.reads.append(set(job_ids))
        return {job_id: self.jobs[job_id] for job_id in job_ids if job_id in self.jobs}


class Known:
    def __init__(self) -> None:
        self.reader = Reader()
        self.clock = FakeClock()
        self.states = JobStates(self.reader, self.clock)

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.states.keep_fresh())
        await settle()
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def known() -> Known:
    return Known()


async def test_states_are_read_together_and_kept(known: Known) -> None:
    for _ in range(3):
        assert await known.states.load({"a": 0, "gone": 0}) == {"a": state(), "gone": None}
    assert known.reader.reads == [{"a", "gone"}]


async def test_look_at_the_moment_of_sending_reads_nothing(known: Known) -> None:
    assert not known.states.wanted("a", 1)
    await known.states.load({"a": 0})
    assert known.states.wanted("a", 1)
    assert len(known.reader.reads) == 1


async def test_cancelled_job_is_unwanted_within_half_a_second(known: Known) -> None:
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        known.reader.jobs["a"] = state(status=JobStatus.CANCELLED)
        await known.clock.advance(REFRESH_SECONDS)
        assert not known.states.wanted("a", 1)


async def test_job_in_use_is_kept_fresh(known: Known) -> None:
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        for _ in range(10):
            known.states.wanted("a", 1)
            await known.clock.advance(FORGET_SECONDS / 2)
        known.reader.reads.clear()
        await known.clock.advance(REFRESH_SECONDS)
    assert known.reader.reads


async def test_job_not_in_use_is_forgotten(known: Known) -> None:
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        await known.clock.advance(FORGET_SECONDS + 1)
        known.reader.reads.clear()
        await known.clock.advance(60)
    assert known.reader.reads == []
    assert not known.states.wanted("a", 1)


async def test_job_whose_items_wait_for_their_turn_is_not_forgotten(known: Known) -> None:
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        with known.states.held("a"), known.states.held("a"):
            await known.clock.advance(FORGET_SECONDS * 5)
            assert known.states.wanted("a", 1)
            known.reader.jobs["a"] = state(status=JobStatus.CANCELLED)
            await known.clock.advance(REFRESH_SECONDS)
            assert not known.states.wanted("a", 1)
        await known.clock.advance(FORGET_SECONDS + 1)
        known.reader.reads.clear()
        await known.clock.advance(60)
    assert known.reader.reads == []


async def test_outage_keeps_what_is_known(known: Known) -> None:
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        known.reader.down = True
        await known.clock.advance(FORGET_SECONDS - REFRESH_SECONDS)
        assert known.states.wanted("a", 1)
        known.reader.down = False
        known.reader.jobs.clear()
        await known.clock.advance(REFRESH_SECONDS)
        assert not known.states.wanted("a", 1)


async def test_job_is_not_forgotten_while_others_are_read(known: Known) -> None:
    """It was read lately, but used last before long, as a job's is that had no items here for a while."""
    async with known.kept_fresh():
        await known.states.load({"a": 0})
        await known.clock.advance(FORGET_SECONDS - REFRESH_SECONDS / 4)
        known.reader.answers.clear()
        loading = asyncio.create_task(known.states.load({"a": 0, "b": 0}))
        await known.clock.advance(REFRESH_SECONDS)
        known.reader.answers.set()
        assert await loading == {"a": state(), "b": None}


@pytest.mark.parametrize("status", sorted(JobStatus))
def test_only_a_running_job_wants_its_items(status: JobStatus) -> None:
    assert wants(state(status=status), 1) == (status == JobStatus.PROCESSING)
    assert not wants(state(status=status, run=2), 1)


@pytest.mark.parametrize("status", sorted(JobStatus))
def test_run_not_heard_of_wants_its_items(status: JobStatus) -> None:
    assert wants(state(status=status, run=1), 2)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_item_of_an_ended_or_deleted_job_is_late(status: JobStatus) -> None:
    assert is_late(state(status=status), 1)
    assert is_late(None, 1)


def test_item_of_an_earlier_run_is_late() -> None:
    assert is_late(state(run=2), 1)


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.PROCESSING])
def test_item_of_a_living_job_is_not_late(status: JobStatus) -> None:
    assert not is_late(state(status=status), 1)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_item_of_a_run_not_heard_of_is_not_late(status: JobStatus) -> None:
    """What is known of the job is older than the retry that sent the item."""
    assert not is_late(state(status=status, run=1), 2)


@pytest.mark.parametrize("status", [JobStatus.PAUSED, JobStatus.PENDING])
def test_revision_not_heard_of_yet_has_handed_its_items_out(status: JobStatus) -> None:
    """Who still knows the pause must not drop what was handed out after it."""
    assert wants(state(status=status, rev=4), 1, 5)
    assert not wants(state(status=status, rev=5), 1, 5)
    assert not wants(state(status=status, rev=6), 1, 5)


async def test_older_revision_than_asked_for_is_read_again(known: Known) -> None:
    known.reader.jobs["a"] = state(status=JobStatus.PAUSED, rev=3)
    await known.states.load({"a": 0})
    known.reader.jobs["a"] = state(rev=5)
    assert await known.states.load({"a": 3}) == {"a": state(status=JobStatus.PAUSED, rev=3)}
    assert known.states.wanted("a", 1, 5)
    assert await known.states.load({"a": 5}) == {"a": state(rev=5)}
    assert len(known.reader.reads) == 2
