"""Whoever wants the same product at the same time shares one request."""

from __future__ import annotations

import asyncio

import pytest

from shared.errors import NoLongerWantedError, RetryableError
from shared.flights import Flights
from tests.fakes import settle


class Tower:
    """Flights that land when the test says so."""

    def __init__(self) -> None:
        self.flights: Flights[str] = Flights()
        self.started = 0
        self.landing: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def fly(self, key: str = "a") -> asyncio.Task[tuple[str, bool]]:
        return asyncio.create_task(self.flights.fly(key, self._start))

    async def _start(self) -> str:
        self.started += 1
        return await asyncio.shield(self.landing)


@pytest.fixture
async def tower() -> Tower:
    return Tower()


async def test_passengers_share_the_pilots_result(tower: Tower) -> None:
    tasks = [tower.fly() for _ in range(5)]
    await settle()
    tower.landing.set_result("page")
    assert await asyncio.gather(*tasks) == [("page", True), *[("page", False)] * 4]
    assert tower.started == 1


async def test_passengers_share_the_pilots_error(tower: Tower) -> None:
    tasks = [tower.fly() for _ in range(3)]
    await settle()
    tower.landing.set_exception(RetryableError("no answer"))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [RetryableError] * 3
    assert tower.started == 1


async def test_other_products_fly_by_themselves(tower: Tower) -> None:
    tasks = [tower.fly("a"), tower.fly("b")]
    await settle()
    assert tower.started == 2
    tower.landing.set_result("page")
    await asyncio.gather(*tasks)


async def test_flight_after_landing_starts_anew(tower: Tower) -> None:
    tower.landing.set_result("page")
    assert [await tower.fly() for _ in range(2)] == [("page", True)] * 2
    assert tower.started == 2


async def test_error_without_passengers_is_raised_to_the_pilot(tower: Tower) -> None:
    tower.landing.set_exception(RetryableError("no answer"))
    with pytest.raises(RetryableError):
        await tower.fly()


async def test_passenger_of_a_cancelled_pilot_flies_itself(tower: Tower) -> None:
    pilot, passenger, another = tower.fly(), tower.fly(), tower.fly()
    await settle()
    pilot.cancel()
    await settle()
    assert (pilot.cancelled(), tower.started) == (True, 2)
    tower.landing.set_result("page")
    assert [await passenger, await another] == [("page", True), ("page", False)]


async def test_passenger_of_a_pilot_no_longer_wanted_flies_itself(tower: Tower) -> None:
    turned_back = asyncio.Event()

    async def turn_back() -> str:
        await turned_back.wait()
        raise NoLongerWantedError("its job has ended")

    pilot = asyncio.create_task(tower.flights.fly("a", turn_back))
    await settle()
    passenger = tower.fly()
    await settle()
    assert tower.started == 0
    turned_back.set()
    tower.landing.set_result("page")
    assert await passenger == ("page", True)
    with pytest.raises(NoLongerWantedError):
        await pilot


async def test_cancelled_passenger_leaves_the_flight_alone(tower: Tower) -> None:
    pilot, passenger = tower.fly(), tower.fly()
    await settle()
    passenger.cancel()
    await settle()
    assert passenger.cancelled()
    tower.landing.set_result("page")
    assert await pilot == ("page", True)


async def test_all_cancelled_together_start_nothing(tower: Tower) -> None:
    """As when the process stops: nobody may take over what everybody was told to leave."""
    tasks = [tower.fly() for _ in range(4)]
    await settle()
    for task in tasks:
        task.cancel()
    await settle()
    assert [task.cancelled() for task in tasks] == [True] * 4
    assert tower.started == 1
