"""A marketplace that blocks again and again is tried by one request, while all others wait; in simulated time."""

from __future__ import annotations

import asyncio

import pytest

from shared.errors import BlockedError
from shared.pace import Pace, Turn, TurnLostError
from shared.pacesteps import Limits
from tests.builders import HOME
from tests.unit.shared.test_pace import World

# A fourth block in a row is answered by a pause of 40 s, which is longer than anyone is kept waiting.
LIMITS = Limits(interval=0.2, pause=5.0, pause_max=60.0, blocks=3, probe=20.0, hold=30.0)


class Market(World):
    """A marketplace that answers every request at once: with a block until it is `well`."""

    def __init__(self, interval: float = LIMITS.interval) -> None:
        super().__init__(Limits(interval, LIMITS.pause, LIMITS.pause_max, LIMITS.blocks, LIMITS.probe, LIMITS.hold))
        self.well = False
        self.silent = False
        self.sent_away: list[BlockedError] = []

    async def visit(self, pace: Pace, times: int = 1000) -> None:
        """Ask again and again, as a collector does with one item after another."""
        for _ in range(times):
            try:
                sent = await self._send_one(pace, HOME)
            except BlockedError as error:
                self.sent_away.append(error)
                await self.clock.sleep(error.retry_after or 1.0)
                continue
            if sent and not self.silent:
                await (pace.ease(HOME) if self.well else pace.block(HOME, "captcha"))

    def sent_between(self, start: float, end: float) -> int:
        return sum(start <= moment < end for moment in self.sent)


async def opened(market: Market, processes: int = 4) -> list[Pace]:
    """Processes that ask until the circuit is open and its pause has begun; the clock stands there."""
    paces = [market.process(offset=17.0 * number) for number in range(processes)]
    for _ in range(LIMITS.blocks):
        await market.run(paces[0].block(HOME, "captcha"), seconds=0.1)
        await market.clock.advance(max(0.0, market.stored["blocked_until"] / 1e6 - market.clock.now().timestamp()))
    assert market.stored["open"]
    return paces


@pytest.mark.parametrize("interval", [0.0, 0.2])
async def test_one_request_tries_for_all_processes(interval: float) -> None:
    market = Market(interval)
    paces = await opened(market)
    market.silent = True  # the answer takes its time
    started = market.clock.monotonic()
    await market.run(*(market.visit(pace) for pace in paces for _ in range(3)), seconds=LIMITS.probe - 1.0)
    assert market.sent_between(started, started + LIMITS.probe - 1.0) == 1


async def test_others_go_on_once_the_one_was_answered() -> None:
    market = Market()
    paces = await opened(market)
    market.well = True
    started = market.clock.monotonic()
    await market.run(*(market.visit(pace) for pace in paces for _ in range(3)), seconds=90.0)
    assert not market.stored["open"]
    assert market.sent_between(started, started + 2.0) > 1
    assert market.stored["interval_us"] == market.limits.floor_us


async def test_blocked_try_begins_a_longer_pause() -> None:
    market = Market()
    paces = await opened(market)
    blocks = market.stored["blocks"]
    await market.run(*(market.visit(pace) for pace in paces), seconds=5.0)
    assert len(market.sent) == 1
    assert (market.stored["blocks"], market.stored["open"]) == (blocks + 1, True)
    assert market.stored["blocked_until"] / 1e6 - market.clock.now().timestamp() == pytest.approx(40.0 - 5.0, abs=1)


async def test_try_that_comes_to_nothing_is_followed_by_another() -> None:
    """Its process died, or its connection broke: neither an answer nor a block."""
    market = Market()
    first, second = (await opened(market, 2))[:2]
    market.silent = True
    await market.run(market.visit(first, 1), seconds=1.0)
    market.silent, market.well = False, True
    started = market.clock.monotonic()
    await market.run(market.visit(second, 2), seconds=LIMITS.probe + 5.0)
    assert market.sent_between(started, started + LIMITS.probe - 2.0) == 0
    assert not market.stored["open"]


@pytest.mark.parametrize("started", [True, False])
async def test_try_that_is_not_sent_is_left_to_the_next(started: bool) -> None:
    """Its job ended or its message was lost: nobody waits for an answer that cannot come."""
    market = Market()
    first, second = (await opened(market, 2))[:2]
    market.well = True

    async def turn_back() -> None:
        turn = await first.prepare(HOME)
        if started:
            await turn.start()
        await first.give_back(turn)

    await market.run(turn_back(), market.visit(second, 1), seconds=5.0)
    assert len(market.sent) == 1
    assert not market.stored["open"]


async def test_try_that_was_sent_is_not_given_back() -> None:
    market = Market()
    first, second = (await opened(market, 2))[:2]
    market.silent = True
    await market.run(market.visit(first, 1), market.visit(second, 1), seconds=LIMITS.probe - 2.0)
    assert len(market.sent) == 1


async def test_slot_of_the_try_that_was_overslept_is_made_up_for() -> None:
    market = Market()
    await opened(market)
    market.well = True
    late = iter([0.0, 0.05, *[0.0] * 99])
    await market.run(market.visit(market.process(late=lambda: next(late)), 1), seconds=3.0)
    assert len(market.sent) == 1
    assert not market.stored["open"]


async def test_nobody_is_kept_waiting_for_a_long_pause() -> None:
    market = Market()
    pace = market.process()
    await market.run(pace.block(HOME, "captcha", 1_000.0), seconds=0.1)
    waiting = [market.visit(each, 1) for each in (pace, market.process(5.0))]
    await market.run(*waiting, seconds=1.0)
    assert [error.code for error in market.sent_away] == ["captcha", "captcha"]
    assert [error.retry_after for error in market.sent_away] == pytest.approx([1_000.0] * 2, abs=2.0)
    next_slot = market.stored["next"] / 1e6 - market.stored["blocked_until"] / 1e6
    assert next_slot < 0.001, "who was sent away took a slot along"


async def test_who_waits_is_sent_away_when_a_long_pause_begins() -> None:
    market = Market(interval=10.0)
    pace = market.process()
    market.well = True

    async def block_soon() -> None:
        await market.clock.sleep(1.0)
        await market.process().block(HOME, "throttled", 500.0)

    await market.run(market.visit(pace), market.visit(pace), block_soon(), seconds=25.0)
    assert len(market.sent) == 1
    assert {error.code for error in market.sent_away} == {"throttled"}


async def test_slots_are_not_given_out_far_ahead() -> None:
    """However many processes there are, nobody sleeps for long towards a slot."""
    market = Market(interval=10.0)
    processes = [market.process() for _ in range(5)]
    ahead: list[float] = []

    async def look() -> None:
        while True:
            await market.clock.sleep(7.0)
            ahead.append(market.stored["next"] / 1e6 - market.clock.now().timestamp())

    await market.run(look(), *(market.send(pace, 10) for pace in processes for _ in range(2)), seconds=110.0)
    assert max(ahead) <= 5 * 10.1
    assert len(market.sent) >= 0.98 * 110.0 / 10.1


async def test_turn_that_never_comes_is_given_up() -> None:
    """Else a message would be held for as long as the broker lets it be."""
    market = Market(interval=100.0)
    market.well = True
    processes = [market.process() for _ in range(12)]
    await market.run(*(market.visit(pace, 1) for pace in processes), seconds=310.0)
    assert {error.code for error in market.sent_away} == {"no_turn"}


async def test_turn_lost_to_the_try_of_another_is_prepared_again() -> None:
    market = Market()
    pace = market.process()
    turn = await _prepared(market, pace)
    for _ in range(LIMITS.blocks):
        await market.run(pace.block(HOME, "captcha"), seconds=25.0)
    await market.run(market.process().reserve(HOME), seconds=0.1)
    with pytest.raises(TurnLostError):
        await _started(market, turn)


async def _prepared(market: Market, pace: Pace) -> Turn:
    task = asyncio.create_task(pace.prepare(HOME))
    await market.clock.advance(0.1)
    return await task


async def _started(market: Market, turn: Turn) -> None:
    task = asyncio.create_task(turn.start())
    await market.clock.advance(1.0)
    await task
