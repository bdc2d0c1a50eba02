"""The pace, in simulated time: several processes, uneven ways to the database, late wake-ups, blocks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.amazon.marketplaces import MARKETPLACES
from shared.pace import CLOCK_EXCHANGES, CLOCK_REST_SECONDS, WINDOW_SECONDS, Pace, TurnLostError
from shared.pacesteps import SLOWEST_FACTOR, Limits
from tests.builders import HOME
from tests.fakes import FakeClock
from tests.unit.shared.fake_database import FakeDatabase

OTHER = "amazon.de"
LIMITS = Limits(interval=0.2, pause=5.0, pause_max=60.0)


class OwnClock(FakeClock):
    """One process's clock: it starts elsewhere than the others', and may wake its sleepers late."""

    def __init__(self, world: FakeClock, offset: float, late: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__()
        self._world = world
        self._offset = offset
        self._late = late

    def monotonic(self) -> float:
        return self._world.monotonic() + self._offset

    async def sleep(self, seconds: float) -> None:
        # Asking for no sleep at all takes a moment, too.
        await self._world.sleep(seconds + self._late() if seconds > 0 else 0.00005)


class World:
    """A database and some processes in one simulated time."""

    def __init__(self, limits: Limits = LIMITS, delays: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)) -> None:
        self.clock = FakeClock()
        self.database = FakeDatabase(self.clock, delays)
        self.limits = limits
        self.sent: list[float] = []

    def process(self, offset: float = 0.0, late: Callable[[], float] = lambda: 0.0) -> Pace:
        return Pace(cast(Any, self.database), self.limits, OwnClock(self.clock, offset, late))

    async def send(self, pace: Pace, times: int, marketplace: str = HOME) -> None:
        for _ in range(times):
            while not await self._send_one(pace, marketplace):
                continue

    async def _send_one(self, pace: Pace, marketplace: str) -> bool:
        turn = await pace.prepare(marketplace)
        try:
            await turn.start()
            turn.sent = True
        except TurnLostError:
            return False
        finally:
            await pace.give_back(turn)
        self.sent.append(self.clock.monotonic())
        return True

    async def run(self, *work: Any, seconds: float) -> None:
        tasks = [asyncio.create_task(each) for each in work]
        await self.clock.advance(seconds)
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def gaps(self) -> list[float]:
        moments = sorted(self.sent)
        return [later - earlier for earlier, later in pairwise(moments)]

    @property
    def stored(self) -> dict[str, Any]:
        return self.database["pace"].documents[HOME]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([0.05, 0.2, 2.0]), st.integers(0, 2**32))
def test_requests_keep_their_distance_over_all_processes(interval: float, seed: int) -> None:
    jitter = random.Random(seed)

    def delays() -> tuple[float, float]:
        return jitter.uniform(0.0001, 0.004), jitter.uniform(0.0001, 0.004)

    async def run() -> World:
        world = World(Limits(interval, 5.0, 60.0), delays)
        late = [lambda: 0.0, lambda: jitter.choice([0.0, 0.001, 0.002, 0.02])]
        processes = [world.process(jitter.uniform(-500, 500), late[i % 2]) for i in range(4)]
        await world.run(*(world.send(pace, 100) for pace in processes for _ in range(2)), seconds=40 * interval)
        return world

    world = asyncio.run(run())
    # What the clocks may err by: half a round trip at most, and narrowing with each exchange.
    assert min(world.gaps) >= interval - WINDOW_SECONDS - 0.001
    assert len(world.sent) > 20


async def test_pace_is_used_to_98_percent_while_work_waits() -> None:
    world = World()
    processes = [world.process(offset) for offset in (-7.0, 0.0, 3_600.0)]
    await world.run(*(world.send(pace, 1000) for pace in processes for _ in range(4)), seconds=60.0)
    assert len(world.sent) >= 0.98 * 60.0 / LIMITS.interval
    assert min(world.gaps) >= LIMITS.interval


async def test_process_that_loses_track_of_the_time_keeps_its_distance() -> None:
    """Its clock is set by a little, so it learns the time anew just as answers take long: it is off by half of that."""
    world, set_by = World(), 0.006
    clock, delays = OwnClock(world.clock, 5.0), [(0.0005, 0.0005)]
    database = FakeDatabase(world.clock, lambda: delays[-1])
    database["pace"].documents = world.database["pace"].documents
    astray = Pace(cast(Any, database), world.limits, clock)

    async def go_astray() -> None:
        for _ in range(10):
            await world.clock.sleep(5.0)
            clock._offset += set_by
            delays.append((0.001, 0.3))
            await world.clock.sleep(1.0)
            delays.append((0.0005, 0.0005))

    sending = [world.send(pace, 1000) for pace in (astray, astray, astray, world.process(), world.process())]
    await world.run(*sending, go_astray(), seconds=60.0)
    assert min(world.gaps) >= LIMITS.interval - WINDOW_SECONDS - set_by
    assert len(world.sent) > 0.8 * 60.0 / LIMITS.interval


async def test_slot_slept_through_is_given_up() -> None:
    world = World()
    late = iter([0.0, 0.05, 0.05, *[0.0] * 99])
    await world.run(world.send(world.process(late=lambda: next(late)), 5), seconds=10.0)
    assert len(world.sent) == 5
    assert min(world.gaps) >= LIMITS.interval
    # Nobody had a later one, so its place was free again: what was lost is the time slept too long.
    assert LIMITS.interval + 0.05 < max(world.gaps) < LIMITS.interval + 0.055


async def test_slot_slept_through_is_lost_where_another_has_the_next_one() -> None:
    world = World()
    late = iter([0.0, 0.05, *[0.0] * 99])
    sleeper, other = world.process(late=lambda: next(late)), world.process(5.0)
    await world.run(world.send(sleeper, 3), world.send(other, 20), world.send(other, 20), seconds=10.0)
    assert len(world.sent) == 43
    assert min(world.gaps) >= LIMITS.interval
    assert max(world.gaps) > 2 * LIMITS.interval


async def test_place_of_a_missed_slot_is_not_taken_again_in_a_pause_that_began_meanwhile() -> None:
    """The one who missed it has not heard of the pause, which ends before the next slot would begin."""
    world = World(Limits(interval=35.0, pause=5.0, pause_max=60.0))
    late = iter([0.0, 3.0, *[0.0] * 99])
    sleeper, blocked = world.process(late=lambda: next(late)), world.process(9.0)

    async def block() -> None:
        await world.clock.sleep(36.0)
        await blocked.block(HOME, "captcha")

    begin = world.clock.monotonic()
    await world.run(world.send(sleeper, 2), block(), seconds=200.0)
    assert 41.0 <= world.sent[1] - begin < 45.0


async def test_marketplaces_do_not_wait_for_one_another() -> None:
    world = World()
    pace = world.process()
    await world.run(world.send(pace, 5), world.send(pace, 5, OTHER), seconds=1.1)
    assert len(world.sent) == 10


async def test_one_asks_for_the_time_for_all_and_rests_where_it_cannot_be_known_well() -> None:
    """The answers take too long: the more are asked for, the longer all of them take."""
    world = World(delays=lambda: (0.02, 0.02))
    pace, marketplaces = world.process(), list(MARKETPLACES)
    await world.run(*(world.send(pace, 100, name) for name in marketplaces for _ in range(2)), seconds=20.0)
    assert len(world.sent) > 0.8 * len(marketplaces) * 20.0 / (LIMITS.interval + 0.04)
    assert world.database["pace"].reads <= CLOCK_EXCHANGES * (20.0 / CLOCK_REST_SECONDS + 1)


async def test_first_request_after_idling_leaves_at_once() -> None:
    world = World()
    pace = world.process()
    await world.run(world.send(pace, 1), seconds=100.0)
    await world.run(world.send(pace, 1), seconds=0.05)
    assert len(world.sent) == 2


async def test_without_interval_requests_leave_together() -> None:
    world = World(Limits(0.0, 5.0, 60.0))
    await world.run(*(world.send(world.process(), 50) for _ in range(3)), seconds=0.01)
    assert len(world.sent) == 150


@pytest.mark.parametrize("interval", [0.0, 0.2])
async def test_block_pauses_every_process(interval: float) -> None:
    world = World(Limits(interval, 5.0, 60.0))
    blocked, other = world.process(), world.process(offset=77.0)
    await world.run(blocked.block(HOME, "captcha"), seconds=0.1)
    started = world.clock.monotonic()
    await world.run(world.send(other, 3), world.send(blocked, 3), seconds=4.8)
    assert world.sent == []
    await world.run(world.send(other, 3), world.send(blocked, 3), seconds=5.0)
    assert len(world.sent) == 6
    assert min(world.sent) >= started + 4.9 - 0.01


async def test_slot_reserved_before_a_block_is_given_up() -> None:
    world = World(Limits(2.0, 5.0, 60.0))
    pace = world.process()
    waiting = world.send(pace, 3)

    async def block_soon() -> None:
        await world.clock.sleep(1.0)
        await pace.block(HOME, "captcha")

    await world.run(waiting, block_soon(), seconds=5.9)
    assert len(world.sent) == 1


async def test_answers_of_one_incident_pause_once() -> None:
    world = World()
    pauses: list[float] = []

    async def block(pace: Pace) -> None:
        pauses.append(await pace.block(HOME, "captcha"))

    await world.run(*(block(world.process()) for _ in range(5)), seconds=0.1)
    assert pauses == [5.0] * 5
    assert world.stored["blocks"] == 1


async def test_pause_doubles_up_to_its_limit() -> None:
    world = World()
    pace, pauses = world.process(), list[float]()

    async def block() -> None:
        pauses.append(await pace.block(HOME, "captcha"))

    for _ in range(6):
        await world.run(block(), seconds=61.0)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


async def test_longer_wait_asked_for_is_kept() -> None:
    world = World()
    pause = asyncio.create_task(world.process().block(HOME, "throttled", retry_after=90.0))
    await world.clock.advance(0.1)
    assert await pause == 90.0


async def test_interval_grows_with_blocks_and_eases_back() -> None:
    world = World()
    pace = world.process()
    await world.run(pace.block(HOME, "captcha"), seconds=10.0)
    slowed = world.stored["interval_us"]
    assert slowed == pytest.approx(2 * 0.2015 * 1e6)

    async def ease_fully() -> None:
        for _ in range(50):
            await pace.ease(HOME)

    await world.run(pace.ease(HOME), seconds=0.1)
    assert 0.201e6 < world.stored["interval_us"] < slowed
    assert world.stored["blocks"] == 0
    await world.run(ease_fully(), seconds=1.0)
    assert world.stored["interval_us"] == 201_500


async def test_slowed_interval_is_kept_by_all() -> None:
    world = World()
    pace = world.process()
    await world.run(pace.block(HOME, "captcha"), seconds=10.0)
    await world.run(*(world.send(world.process(), 10) for _ in range(2)), seconds=10.0)
    assert min(world.gaps) >= 2 * LIMITS.interval


async def test_interval_never_grows_past_its_limit() -> None:
    world = World()
    pace = world.process()
    for _ in range(12):
        await world.run(pace.block(HOME, "captcha"), seconds=61.0)
    assert world.stored["interval_us"] == LIMITS.interval * SLOWEST_FACTOR * 1_000_000


async def test_easing_costs_nothing_while_all_is_well() -> None:
    world = World()
    pace = world.process()
    await world.run(world.send(pace, 1), seconds=1.0)
    before = dict(world.stored)
    await world.run(pace.ease(HOME), seconds=0.1)
    assert world.stored == before


async def test_deleted_pace_document_is_made_anew() -> None:
    world = World()
    pace = world.process()
    await world.run(world.send(pace, 1), seconds=1.0)
    world.database["pace"].documents.clear()
    await world.run(world.send(pace, 1), seconds=1.0)
    assert len(world.sent) == 2


async def test_slots_reserved_by_others_are_not_used_in_a_pause() -> None:
    """They were reserved before the block, by processes that did not hear of it."""
    world = World()
    blocked, others = world.process(), [world.process(offset) for offset in (50.0, -7.0, 300.0)]
    begin = world.clock.monotonic()

    async def block() -> None:
        await world.clock.sleep(2.05)
        await blocked.block(HOME, "captcha")

    await world.run(block(), *(world.send(pace, 50) for pace in others), seconds=9.0)
    moments = [moment - begin for moment in world.sent]
    # The database tells its time in whole milliseconds, so that a process errs by half of one.
    assert [moment for moment in moments if 2.05 + 0.3 < moment < 2.05 + 5.0 - 0.0005] == []
    assert len([moment for moment in moments if moment < 2.05]) >= 9
    assert max(moments) > 2.05 + 5.0


async def test_time_of_a_page_is_told_with_the_next_slot() -> None:
    world = World()
    pace = world.process()
    await world.run(world.send(pace, 1), seconds=1.0)
    assert "fetch_us" not in world.stored
    for seconds in (1.0, 2.0):
        pace.fetched(HOME, seconds)
    await world.run(world.send(pace, 1), seconds=1.0)
    assert world.stored["fetch_us"] == 1_500_000
