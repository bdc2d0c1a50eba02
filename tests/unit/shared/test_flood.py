"""While nearly everything fails, failures wait; what can be handled never does."""

from __future__ import annotations

import asyncio

from shared.errors import DecodeError, PermanentError
from shared.failures import FailurePolicy
from shared.flood import LEAST_FAILURES, LONGEST_PAUSE_SECONDS, RATIO, WINDOW_SECONDS, Brake
from shared.topology import COMMANDS, DEAD, work_queue
from tests.builders import delivery
from tests.fakes import FakeBroker, FakeChannel, FakeClock, settle


class Failing:
    """A brake, and failures told to it one after the other while time passes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.brake = Brake("a.queue", self.clock)

    async def fail(self, times: int, *, readable: bool = True) -> float:
        """Seconds that it takes to give up so many."""
        started = self.clock.monotonic()

        async def give_up() -> None:
            for _ in range(times):
                await self.brake.failed(readable=readable)

        task = asyncio.create_task(give_up())
        await settle()
        while not task.done():
            await self.clock.advance(0.001 if not readable else 0.05)
        return self.clock.monotonic() - started


async def test_few_failures_wait_for_nothing() -> None:
    failing = Failing()
    assert await failing.fail(LEAST_FAILURES - 1) == 0
    assert failing.brake.pause == 0


async def test_failures_among_good_ones_wait_for_nothing() -> None:
    failing = Failing()
    for _ in range(20):
        failing.brake.succeeded(10)
        assert await failing.fail(int(10 * RATIO / (1 - RATIO)) - 1) == 0


async def test_flood_of_failures_slows_to_one_a_second() -> None:
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    assert failing.brake.pause == LONGEST_PAUSE_SECONDS
    assert await failing.fail(60) >= 59


async def test_slowness_outlasts_the_window() -> None:
    """Else every window would begin with a burst of failures."""
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    assert await failing.fail(int(3 * WINDOW_SECONDS)) >= 3 * WINDOW_SECONDS - 1


async def test_failures_wait_one_after_the_other() -> None:
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    waiting = [asyncio.create_task(failing.brake.failed(readable=True)) for _ in range(5)]
    await failing.clock.advance(2.5)
    assert [task.done() for task in waiting] == [True, True, False, False, False]
    await failing.clock.advance(3.0)
    await asyncio.gather(*waiting)


async def test_speed_is_back_after_a_few_successes() -> None:
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    for _ in range(10):
        failing.brake.succeeded()
    assert failing.brake.pause == 0
    assert await failing.fail(5) == 0


async def test_what_failed_before_does_not_hold_up_what_is_mended() -> None:
    """A prefetch full of failures is to be given up, one success for each place that comes free."""
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    took = 0.0
    for _ in range(200):
        took += await failing.fail(1)
        failing.brake.succeeded()
    assert took < 5


async def test_single_successes_in_a_flood_do_not_end_it() -> None:
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    took = 0.0
    for _ in range(4):
        failing.brake.succeeded()
        took += await failing.fail(50)
    assert took > 4 * 40


async def test_silence_ends_it() -> None:
    failing = Failing()
    await failing.fail(LEAST_FAILURES + 10)
    await failing.clock.advance(WINDOW_SECONDS + 2)
    assert failing.brake.pause == 0
    assert await failing.fail(10) == 0


async def test_producer_of_nonsense_holds_up_others_but_little() -> None:
    """10,000 unreadable messages and nothing else pass within a minute, and yet not all at once."""
    failing = Failing()
    took = await failing.fail(10_000, readable=False)
    assert 10 <= took <= 60


async def test_unreadable_messages_are_told_from_those_that_fail() -> None:
    clock, broker, channel = FakeClock(), FakeBroker(), FakeChannel()
    policy = FailurePolicy(broker, max_attempts=1, clock=clock)
    queue = work_queue("a.queue", COMMANDS, "a.key")
    for _ in range(LEAST_FAILURES + 20):
        settling = asyncio.create_task(policy.settle_in_time(queue, delivery(channel=channel), DecodeError("not JSON")))
        await clock.advance(0.003)
        await settling
    assert 0 < policy.brake(queue).pause < 0.01
    held = [
        asyncio.create_task(policy.settle_in_time(queue, delivery(channel=channel), PermanentError("no")))
        for _ in range(10)
    ]
    await clock.advance(1.0)
    assert sum(task.done() for task in held) < 6
    await clock.advance(10.0)
    await asyncio.gather(*held)
    assert {message.exchange for message in broker.published} == {DEAD}
