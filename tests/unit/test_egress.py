"""Egress: what the setting may say, and which way out a request takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any, cast

import pytest

from shared.egress import Egress, parse_egress
from shared.exits import Exit, Exits
from shared.pace import Pace, TurnLostError
from shared.pacesteps import Limits
from shared.settings import FetchSettings, SettingsError
from tests.builders import HOME
from tests.unit.simulation import Simulation

SECRET = "hunter2"
THREE = "direct,tokyo=http://10.0.0.1:3128,osaka=https://10.0.0.2:3128"


def exits(pace: Pace, text: str = THREE) -> Exits:
    return Exits(pace, [Exit(egress, cast(Any, None)) for egress in parse_egress(text)])


class Traffic:
    """Requests through the exits of a simulated process, by line, with the moment each was sent."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.sent: list[tuple[str, float]] = []

    async def _send(self, ways: Exits, times: int) -> None:
        for _ in range(times):
            while not await self._send_one(ways):
                continue

    async def _send_one(self, ways: Exits) -> bool:
        way, turn = await ways.prepare(HOME)
        try:
            await turn.start()
        except TurnLostError:
            return False
        finally:
            turn.release()
        self.sent.append((way.egress.line(HOME), self.simulation.clock.monotonic()))
        return True

    async def run(self, *processes: Exits, seconds: float, workers: int = 8, times: int = 1000) -> None:
        work = [asyncio.create_task(self._send(ways, times)) for ways in processes for _ in range(workers)]
        await self.simulation.clock.advance(seconds)
        for each in work:
            each.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    @property
    def by_line(self) -> Counter[str]:
        return Counter(line for line, _ in self.sent)

    def gaps(self, line: str) -> list[float]:
        moments = sorted(at for name, at in self.sent if name == line)
        return [later - earlier for earlier, later in pairwise(moments)]


def test_without_a_setting_the_way_out_is_direct() -> None:
    assert FetchSettings().ways_out == (Egress(),)
    assert Egress().line(HOME) == HOME


def test_each_proxy_has_a_pace_of_its_own() -> None:
    assert [egress.line(HOME) for egress in parse_egress(THREE)] == [HOME, f"{HOME}@tokyo", f"{HOME}@osaka"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"http://me:{SECRET}@proxy:1", "name=address"),
        (f"Tokyo=http://me:{SECRET}@proxy:1", "a name is of"),
        (f"direct=http://me:{SECRET}@proxy:1", "`direct` or name=address"),
        (f"tokyo=socks5://me:{SECRET}@proxy:1", "SOCKS is not supported"),
        (f"tokyo=http://me:{SECRET}@proxy:1/path", "must be that of a proxy"),
        (f"tokyo=http://me:{SECRET}@", "must be that of a proxy"),
        (f"tokyo=http://me:{SECRET}@proxy:port", "must begin with http"),
        (f"a=http://me:{SECRET}@one:1,a=http://me:{SECRET}@two:1", "the same name"),
    ],
)
def test_wrong_egress_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, text: str, complaint: str) -> None:
    monkeypatch.setenv("ASINFLOW_EGRESS", text)
    with pytest.raises(SettingsError) as caught:
        FetchSettings.load()
    assert caught.value.message.startswith("ASINFLOW_EGRESS: ")
    assert complaint in caught.value.message
    assert SECRET not in caught.value.message


def test_passwords_of_proxies_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASINFLOW_EGRESS", f"tokyo=http://me:{SECRET}@proxy:1")
    settings = FetchSettings.load()
    assert settings.ways_out[0].proxy == f"http://me:{SECRET}@proxy:1"
    assert SECRET not in f"{settings!r} {settings.ways_out!r}"


def test_a_product_takes_less_of_the_pace_with_more_egress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASINFLOW_EGRESS", THREE)
    assert FetchSettings(interval_seconds=3.0).item_seconds(HOME) == 1.0


async def test_capacity_grows_with_egress() -> None:
    simulation = Simulation()
    traffic = Traffic(simulation)
    await traffic.run(exits(simulation.pace()), seconds=30.0)
    assert len(traffic.sent) >= 3 * 28
    assert all(min(traffic.gaps(line)) >= 1.0 for line in traffic.by_line)


async def test_processes_share_the_pace_of_each_egress() -> None:
    simulation = Simulation()
    traffic = Traffic(simulation)
    await traffic.run(*(exits(simulation.pace()) for _ in range(3)), seconds=30.0)
    assert 3 * 28 <= len(traffic.sent) <= 3 * 31
    assert all(min(traffic.gaps(line)) >= 1.0 for line in traffic.by_line)


async def test_single_requests_take_turns_over_idle_egress() -> None:
    simulation = Simulation()
    traffic, ways = Traffic(simulation), exits(simulation.pace())
    for _ in range(6):
        await traffic.run(ways, seconds=20.0, workers=1, times=1)
    assert set(traffic.by_line.values()) == {2}


async def test_block_pauses_only_its_egress() -> None:
    simulation = Simulation()
    traffic, pace = Traffic(simulation), simulation.pace()
    blocking = asyncio.create_task(pace.block(f"{HOME}@tokyo", "captcha"))
    await simulation.clock.advance(0.1)
    await blocking
    await traffic.run(exits(pace), seconds=30.0)
    assert f"{HOME}@tokyo" not in traffic.by_line
    assert min(traffic.by_line[HOME], traffic.by_line[f"{HOME}@osaka"]) >= 28


async def test_block_in_the_midst_of_work_holds_up_no_other_egress() -> None:
    simulation = Simulation()
    traffic, pace = Traffic(simulation), simulation.pace()

    async def block() -> None:
        await simulation.clock.sleep(10.0)
        await pace.block(f"{HOME}@tokyo", "captcha")

    blocking = asyncio.create_task(block())
    await traffic.run(exits(pace), seconds=50.0)
    await blocking
    assert traffic.by_line[f"{HOME}@tokyo"] <= 12
    assert min(traffic.by_line[HOME], traffic.by_line[f"{HOME}@osaka"]) >= 48


async def test_without_an_interval_requests_leave_by_turns() -> None:
    simulation = Simulation(Limits(0.0, 60.0, 600.0))
    traffic = Traffic(simulation)
    ways = exits(simulation.pace())
    for _ in range(10):
        await traffic.run(ways, seconds=0.1, workers=3, times=1)
    assert traffic.by_line == {HOME: 10, f"{HOME}@tokyo": 10, f"{HOME}@osaka": 10}


async def test_lone_egress_costs_no_look_at_the_others() -> None:
    simulation = Simulation()
    traffic = Traffic(simulation)
    await traffic.run(exits(simulation.pace(), "tokyo=http://10.0.0.1:3128"), seconds=5.0)
    assert traffic.by_line[f"{HOME}@tokyo"] >= 4
    assert simulation.looks == 0
