"""What a reader of live events gets to see."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from services.api import live as live_module
from services.api.live import Audience, Listener, LiveJobs
from services.api.problems import Problem
from services.api.records import Job
from services.api.streams import JobStream, StreamSettings, _advanced
from shared.clock import SystemClock
from shared.errors import DatabaseUnavailableError
from shared.jobs import JobStatus
from shared.messages import JobCompleted, JobExpanded
from tests.unit.api.builders import NOW, job, progressed
from tests.unit.api.fakes import FakeClock

DEADLINE = 5.0


class Ticking(FakeClock):
    """Shows a fixed date; measures time as it passes."""

    def monotonic(self) -> float:
        return SystemClock().monotonic()


@dataclass
class Scene:
    """A job in a database, a broker, and one stream over both."""

    stored: Job
    heartbeat: float = 60.0
    poll: float = 0.01
    connected: bool = True
    down: bool = False
    reads: int = 0
    live: LiveJobs = field(default_factory=lambda: LiveJobs(max_per_user=5))
    listener: Listener = field(default_factory=Listener)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def read(self) -> Job:
        self.reads += 1
        await self.answers.wait()
        if self.down:
            raise DatabaseUnavailableError("down")
        return self.stored

    def frames(self, seen: int | None = None) -> AsyncIterator[bytes]:
        settings = StreamSettings(heartbeat=self.heartbeat, poll=self.poll)
        stream = JobStream(self.live, self.listener, self.read, lambda: self.connected, Ticking(NOW), settings)
        return stream.frames(self.stored, seen)


async def frame(frames: AsyncIterator[bytes]) -> dict[str, Any]:
    """The next frame, parsed; a comment is `{"comment": …}`."""
    text = (await asyncio.wait_for(anext(frames), DEADLINE)).decode()
    assert text.endswith("\n\n")
    parsed = dict(line.split(": ", 1) for line in text.strip().splitlines())
    if "" in parsed or text.startswith(":"):
        return {"comment": text.strip()}
    return {**parsed, "data": json.loads(parsed["data"])}


async def ended(frames: AsyncIterator[bytes]) -> bool:
    return await asyncio.wait_for(anext(frames, None), DEADLINE) is None


async def test_stream_begins_with_the_job_as_it_stands() -> None:
    scene = Scene(job(rev=4, progress=1, success_count=1))
    first = await frame(scene.frames())
    assert (first["event"], first["id"], first["retry"]) == ("snapshot", "4", "2000")
    assert (first["data"]["id"], first["data"]["success_rate"]) == (scene.stored.id, 100.0)


async def test_progress_comes_as_it_is_made_without_reading_the_job() -> None:
    scene = Scene(job(rev=4))
    frames = scene.frames()
    await frame(frames)
    scene.listener.offer(progressed(scene.stored, rev=5, progress=2, success_count=2))
    news = await frame(frames)
    assert (news["event"], news["id"], news["data"]["progress_percent"]) == ("progress", "5", 66.7)
    assert scene.reads == 0


async def test_slow_reader_gets_only_the_latest_state() -> None:
    scene = Scene(job(rev=4, total_items=100))
    frames = scene.frames()
    await frame(frames)
    for number in range(1, 60):
        scene.listener.offer(progressed(scene.stored, rev=4 + number, progress=number))
    scene.listener.offer(progressed(scene.stored, rev=8, progress=4))  # late, and out of date
    assert (await frame(frames))["data"]["progress"] == 59


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED])
async def test_stream_ends_with_the_job(status: JobStatus) -> None:
    scene = Scene(job(rev=4))
    frames = scene.frames()
    await frame(frames)
    scene.stored = replace(scene.stored, status=status, rev=5, completed_at=NOW, error_message="why")
    scene.listener.offer(progressed(scene.stored, rev=5))
    last = await frame(frames)
    assert (last["event"], last["id"], last["data"]["error_message"]) == (status.lower(), "5", "why")
    assert await ended(frames)


async def test_ended_job_is_told_with_its_end() -> None:
    frames = Scene(job(rev=9, status=JobStatus.COMPLETED)).frames()
    first, last = await frame(frames), await frame(frames)
    assert (first["event"], "id" in first) == ("snapshot", False)
    assert (last["event"], last["id"]) == ("completed", "9")
    assert await ended(frames)


async def test_returning_reader_is_not_told_again() -> None:
    scene = Scene(job(rev=4))
    frames = scene.frames(seen=4)
    assert "comment" in await frame(frames)
    scene.listener.offer(progressed(scene.stored, rev=5))
    assert (await frame(frames))["id"] == "5"


async def test_returning_reader_is_told_what_it_missed() -> None:
    first = await frame(Scene(job(rev=6)).frames(seen=4))
    assert (first["event"], first["id"]) == ("snapshot", "6")


async def test_event_without_state_makes_the_job_be_read() -> None:
    scene = Scene(job(rev=4, total_items=None))
    frames = scene.frames()
    await frame(frames)
    scene.stored = replace(scene.stored, rev=5, total_items=50)
    scene.listener.offer(JobExpanded(job_id=scene.stored.id, total_items=50))
    assert (await frame(frames))["data"]["total_items"] == 50


async def test_job_is_read_while_the_broker_is_away() -> None:
    scene = Scene(job(rev=4), connected=False)
    frames = scene.frames()
    await frame(frames)
    scene.stored = replace(scene.stored, rev=5, progress=1)
    assert (await frame(frames))["id"] == "5"


async def test_job_is_read_once_more_when_the_broker_is_back() -> None:
    scene = Scene(job(rev=4), connected=False)
    frames = scene.frames()
    await frame(frames)
    scene.connected = True
    scene.stored = replace(scene.stored, rev=5, progress=1)
    assert (await frame(frames))["id"] == "5"
    assert scene.reads == 1


async def test_quiet_stream_shows_that_it_is_alive() -> None:
    scene = Scene(job(rev=4), heartbeat=0.02)
    frames = scene.frames()
    await frame(frames)
    assert await frame(frames) == {"comment": ": ping"}


async def test_lost_event_is_made_up_for_at_the_heartbeat() -> None:
    scene = Scene(job(rev=4), heartbeat=0.02)
    frames = scene.frames()
    await frame(frames)
    scene.stored = replace(scene.stored, rev=5, progress=1)
    assert (await frame(frames))["id"] == "5"


async def test_stream_outlives_the_database() -> None:
    scene = Scene(job(rev=4), heartbeat=0.02, down=True)
    frames = scene.frames()
    await frame(frames)
    assert "comment" in await frame(frames)
    scene.down = False
    scene.stored = replace(scene.stored, rev=5, progress=1)
    assert (await frame(frames))["id"] == "5"


async def test_closing_ends_every_stream_at_once() -> None:
    scene = Scene(job(rev=4), poll=60.0)
    with scene.live.listen("ann", scene.stored.id) as listener:
        scene.listener = listener
        frames = scene.frames()
        await frame(frames)
        asyncio.get_running_loop().call_later(0.05, scene.live.close)
        assert await ended(frames)


def test_events_reach_the_listeners_of_their_job_only() -> None:
    live, mine, other = LiveJobs(max_per_user=5), job(), job()
    with live.listen("ann", mine.id) as one, live.listen("ann", mine.id) as two, live.listen("bob", other.id) as three:
        live.dispatch(progressed(mine, rev=9))
        taken = [listener.take() for listener in (one, two, three)]
    assert [event and event.rev for event in taken] == [9, 9, None]


async def test_crowd_hears_of_progress_less_often_and_of_all_else_at_once() -> None:
    audience, listener, one = Audience(), Listener(), job(rev=4)
    audience.listeners.add(listener)
    heard = []
    for rev in (5, 6, 8, 7):
        audience.offer(progressed(one, rev=rev), rest=0.5)
        heard.append(listener.take())
    assert [event and event.rev for event in heard] == [5, None, None, None]
    end = JobCompleted(**progressed(replace(one, status=JobStatus.COMPLETED), rev=9).model_dump())
    audience.offer(end, rest=0.5)
    assert listener.take() == end
    await asyncio.sleep(0.6)
    assert (latest := listener.take()) is not None
    assert latest.rev == 8
    audience.offer(progressed(one, rev=10), rest=0.0)
    assert (latest := listener.take()) is not None
    assert latest.rev == 10


async def test_streams_of_all_jobs_count_as_one_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "FRAME_SECONDS", live_module.PROGRESS_SHARE)  # a second of rest for every stream
    live, mine, other = LiveJobs(max_per_user=5), job(), job()
    with live.listen("ann", mine.id) as one, live.listen("bob", other.id):
        for rev in (5, 6):
            live.dispatch(progressed(mine, rev=rev))
        await asyncio.sleep(1.1)
        assert (first := one.take()) is not None
        assert first.rev == 5
        await asyncio.sleep(1.0)
        assert (second := one.take()) is not None
        assert second.rev == 6


async def test_end_is_read_once_for_all_who_follow() -> None:
    scene = Scene(job(rev=4))
    with contextlib.ExitStack() as stack:
        streams = []
        for _ in range(3):
            scene.listener = stack.enter_context(scene.live.listen("ann", scene.stored.id))
            streams.append(scene.frames())
        snapshots = [await frame(frames) for frames in streams]
        waiting = [asyncio.create_task(frame(frames)) for frames in streams]
        await asyncio.sleep(0)
        scene.stored = replace(scene.stored, status=JobStatus.COMPLETED, rev=5, completed_at=NOW)
        scene.answers.clear()
        scene.live.dispatch(progressed(scene.stored, rev=5))
        for _ in range(10):  # turns of the loop, in which everyone asks
            await asyncio.sleep(0)
        scene.answers.set()
        ends = [await task for task in waiting]
    assert {each["event"] for each in snapshots} == {"snapshot"}
    assert [(each["event"], each["id"]) for each in ends] == [("completed", "5")] * 3
    assert scene.reads == 1


async def test_news_during_a_reading_make_it_be_read_again() -> None:
    audience, first, second = Audience(), job(rev=4), job(rev=5)
    audience.listeners.add(Listener(audience))
    slow: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
    early = asyncio.create_task(audience.read(lambda: slow))
    await asyncio.sleep(0)
    audience.offer(progressed(second, rev=5))
    assert (await audience.read(lambda: _read(second))).rev == 5
    slow.set_result(first)
    assert (await early).rev == 4


async def _read(stored: Job) -> Job:
    return stored


def test_frame_of_one_state_is_made_once() -> None:
    audience, made = Audience(), []

    def make() -> bytes:
        made.append(1)
        return b"%d" % len(made)

    one, other = job(rev=4), job(rev=5)
    shown = [audience.frame("progress", each, make) for each in (one, replace(one), other, one)]
    assert shown == [b"1", b"1", b"2", b"3"]
    assert audience.frame("completed", one, make) == b"4"


def test_listeners_to_one_event_share_what_it_makes_of_their_job() -> None:
    audience, one, another = Audience(), job(rev=4), job(rev=5)
    event = progressed(one, rev=6)
    advanced = [audience.advance(each, event, _advanced) for each in (one, replace(one), another)]
    assert advanced[0] is advanced[1]
    assert [each.id for each in advanced] == [one.id, one.id, another.id]


def test_user_may_hold_so_many_streams_and_no_more() -> None:
    live = LiveJobs(max_per_user=1)
    with live.listen("ann", "a"):
        with pytest.raises(Problem) as caught, live.listen("ann", "b"):
            pass
        with live.listen("bob", "a"):
            pass
    with live.listen("ann", "b"):
        pass
    assert caught.value.status == 429


def test_listeners_gone_leave_nothing_behind() -> None:
    live = LiveJobs(max_per_user=1)
    with live.listen("ann", "a"):
        pass
    assert (dict(live._audiences), dict(live._open)) == ({}, {})
