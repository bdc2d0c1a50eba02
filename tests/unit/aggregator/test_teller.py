"""Progress is told at most so often, and its last word always."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.aggregator.counting import JobCount, News
from services.aggregator.teller import EventTeller
from shared.errors import BrokerUnavailableError
from shared.jobs import JobStatus
from shared.messages import JobCompleted, JobProgressed, JobReached
from tests.builders import count
from tests.fakes import FakeBroker, FakeClock

PER_SECOND = 5.0


class Telling:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.broker = FakeBroker()
        self.announced: list[tuple[str, int]] = []
        self.judged: dict[str, Any] | None = None
        self.teller = EventTeller(self.broker, self._mark, self._judge, self.clock, PER_SECOND)

    async def counted(self, *counts: JobCount, steps: Sequence[int] = ()) -> bool:
        return await self.teller.counted([News(each, steps) for each in counts])

    async def _mark(self, counts: Sequence[JobCount]) -> None:
        assert counts  # a bulk of nothing is refused
        self.announced += [(each.job_id, each.run) for each in counts]

    async def _judge(self, job_id: str) -> dict[str, Any] | None:
        return self.judged

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.teller.tell_held())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def told(self) -> list[JobProgressed]:
        return [JobProgressed.model_validate_json(m.body) for m in self.broker.of(JobProgressed.TYPE)]


@pytest.fixture
def telling() -> Telling:
    return Telling()


def at(progress: int, **changes: object) -> JobCount:
    return count(1000, success_count=progress, rev=progress, **changes)


async def test_first_progress_is_told_at_once(telling: Telling) -> None:
    await telling.counted(at(1))
    assert [event.progress for event in telling.told] == [1]


async def test_progress_is_thinned_and_the_last_word_told(telling: Telling) -> None:
    async with telling.running():
        for progress in range(1, 101):
            await telling.counted(at(progress))
            await telling.clock.advance(0.01)
        await telling.clock.advance(1.0)
    told = [event.progress for event in telling.told]
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert len(told) <= 1 + PER_SECOND * 1.3


async def test_jobs_are_thinned_each_by_itself(telling: Telling) -> None:
    for number in range(20):
        await telling.counted(at(1, job_id=f"job-{number}"))
    await telling.counted(at(2, job_id="job-3"), at(1, job_id="job-20"))
    assert len(telling.told) == 21


async def test_steps_are_told_also_while_progress_is_held(telling: Telling) -> None:
    assert await telling.counted(at(49))
    assert await telling.counted(at(110), steps=(5, 10))
    assert [JobReached.model_validate_json(m.body).percent for m in telling.broker.of(JobReached.TYPE)] == [5, 10]
    assert len(telling.told) == 1
    telling.broker.down = True
    assert not await telling.counted(at(160), steps=(15,))


async def test_held_progress_is_told_once_the_broker_is_back(telling: Telling) -> None:
    async with telling.running():
        await telling.counted(at(1))
        await telling.counted(at(2))
        telling.broker.down = True
        await telling.clock.advance(1.0)
        telling.broker.down = False
        await telling.clock.advance(1.0)
    assert [event.progress for event in telling.told] == [1, 2]


async def test_end_is_told_at_once_and_marked(telling: Telling) -> None:
    await telling.counted(at(1))
    await telling.counted(at(2))
    await telling.teller.ended([at(3, run=2, status=JobStatus.COMPLETED)])
    async with telling.running():
        await telling.clock.advance(1.0)
    assert [event.progress for event in telling.told] == [1]
    [end] = [JobCompleted.model_validate_json(m.body) for m in telling.broker.of(JobCompleted.TYPE)]
    assert (end.progress, end.run) == (3, 2)
    assert telling.announced == [("a-job", 2)]


async def test_end_not_confirmed_is_not_marked(telling: Telling) -> None:
    telling.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await telling.teller.ended([at(3, status=JobStatus.COMPLETED)])
    assert telling.announced == []


async def test_progress_not_confirmed_is_told_later(telling: Telling) -> None:
    """The count is stored by then, so that a repetition of its facts would bring nothing to tell."""
    telling.broker.down = True
    await telling.counted(at(1))
    telling.broker.down = False
    async with telling.running():
        await telling.clock.advance(1.0)
    assert [event.progress for event in telling.told] == [1]


async def test_end_of_a_gated_job_is_told_with_its_verdict(telling: Telling) -> None:
    ended = at(1000, status=JobStatus.COMPLETED, gated=True)
    counts = dict.fromkeys(("total_items", "success_count", "progress"), 1000)
    quality = {"run": 1, "status": "failed", "reasons": [{"rule": "min_coverage.price", "wanted": 90, "got": 12.5}]}
    telling.judged = {
        "_id": ended.job_id, "user_id": "ann", "run": 1, "rev": 8, "status": "COMPLETED", "error_count": 0, **counts,
        "quality": quality,
    }  # fmt: skip
    await telling.teller.ended([ended])
    [message] = [JobCompleted.model_validate_json(m.body) for m in telling.broker.of(JobCompleted.TYPE)]
    assert message.quality is not None
    assert (message.quality.status, message.quality.reasons[0].got, message.rev) == ("failed", 12.5, 8)


async def test_end_of_a_run_that_another_has_followed_is_not_told(telling: Telling) -> None:
    await telling.teller.ended([at(1000, status=JobStatus.COMPLETED, gated=True)])
    assert telling.broker.of(JobCompleted.TYPE) == []
    assert telling.announced == []
