"""The leader's rounds: a duty that fails holds up no other, and only the leader does them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from services.sweeper.lease import Lease
from services.sweeper.rounds import Rounds
from shared.errors import DatabaseUnavailableError
from tests.fakes import FakeClock, settle
from tests.unit.shared.fake_database import FakeDatabase


class Duty:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.done = 0

    async def sweep(self) -> None:
        self.done += 1
        if self.error is not None:
            raise self.error


class Sweepers:
    """Some sweepers that share one lease of ten seconds."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = FakeDatabase(self.clock)

    def lease(self, owner: str) -> Lease:
        return Lease(cast(Any, self.database), "sweeper", owner, 10.0)

    def rounds(self, owner: str, **duties: Duty) -> Rounds:
        return Rounds(self.lease(owner), duties, self.clock, period_seconds=1.0, renew_seconds=2.0)

    async def hold(self, lease: Lease) -> bool:
        holding = asyncio.create_task(lease.hold())
        await self.clock.advance(0.001)
        return await holding


@pytest.fixture
def sweepers() -> Sweepers:
    return Sweepers()


@pytest.mark.parametrize("error", [DatabaseUnavailableError("gone"), ZeroDivisionError()])
async def test_failing_duty_holds_up_no_other(sweepers: Sweepers, error: Exception) -> None:
    bad, good = Duty(error), Duty()
    running = asyncio.create_task(sweepers.rounds("a", bad=bad, good=good).run())
    await sweepers.clock.advance(2.5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (bad.done, good.done) == (3, 3)


async def test_leader_that_lost_the_lease_during_a_duty_does_no_further_one(sweepers: Sweepers) -> None:
    class Slow(Duty):
        async def sweep(self) -> None:
            await super().sweep()
            await sweepers.clock.sleep(11.0)

    slow, next_one = Slow(), Duty()
    running = asyncio.create_task(sweepers.rounds("a", slow=slow, next_one=next_one).run())
    await sweepers.clock.advance(10.5)
    assert await sweepers.hold(sweepers.lease("b"))
    await sweepers.clock.advance(1.0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (slow.done, next_one.done) == (1, 0)


async def test_one_of_several_leads(sweepers: Sweepers) -> None:
    duties = [Duty() for _ in range(3)]
    running = [asyncio.create_task(sweepers.rounds(f"s{i}", d=duty).run()) for i, duty in enumerate(duties)]
    await sweepers.clock.advance(30.0)
    *others, leader = sorted(duty.done for duty in duties)
    assert others == [0, 0]
    assert leader >= 29
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_leadership_moves_when_its_holder_dies(sweepers: Sweepers) -> None:
    first, second = sweepers.lease("a"), sweepers.lease("b")
    assert await sweepers.hold(first)
    await sweepers.clock.advance(9.9)
    assert not await sweepers.hold(second)
    await sweepers.clock.advance(0.2)
    assert await sweepers.hold(second)
    assert not await sweepers.hold(first)


async def test_leadership_renewed_is_kept(sweepers: Sweepers) -> None:
    first, second = sweepers.lease("a"), sweepers.lease("b")
    for _ in range(10):
        assert await sweepers.hold(first)
        await sweepers.clock.advance(5.0)
        assert not await sweepers.hold(second)


async def test_stopped_leader_frees_the_lease_at_once(sweepers: Sweepers) -> None:
    running = asyncio.create_task(sweepers.rounds("a", d=Duty()).run())
    await sweepers.clock.advance(0.1)
    running.cancel()
    await settle()
    assert await sweepers.hold(sweepers.lease("b"))


async def test_release_leaves_anothers_lease_alone(sweepers: Sweepers) -> None:
    first, second = sweepers.lease("a"), sweepers.lease("b")
    assert await sweepers.hold(first)
    await second.release()
    assert not await sweepers.hold(second)
