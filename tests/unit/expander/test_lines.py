"""Listings of one marketplace take turns by user, in a line that is bounded and lets nobody starve."""

from __future__ import annotations

import asyncio

import pytest

from services.expander.lines import LINE_LENGTH, PATIENCE_SECONDS, READ_AT_ONCE, Line, Lines
from shared.errors import BlockedError, NoLongerWantedError
from tests.builders import HOME
from tests.fakes import FakeClock, settle


class Waiting:
    """Places in a line, by user and number."""

    def __init__(self) -> None:
        self.line = Line(HOME)
        self.places: dict[tuple[str, int], asyncio.Future[None]] = {}

    def join(self, user: str, *numbers: int) -> None:
        for number in numbers:
            self.places[user, number] = self.line.join(user, str(number))

    def leave(self, user: str, number: int) -> None:
        self.line.leave(user, str(number), self.places.pop((user, number)))

    @property
    def reading(self) -> list[tuple[str, int]]:
        return [name for name, place in self.places.items() if place.done() and place.exception() is None]


async def test_users_take_turns() -> None:
    waiting = Waiting()
    waiting.join("ann", *range(READ_AT_ONCE + 3))
    waiting.join("bob", 0, 1)
    order = []
    for number in range(READ_AT_ONCE):
        before = waiting.reading
        waiting.leave("ann", number)
        order += [name for name in waiting.reading if name not in before]
    assert [user for user, _ in order] == ["ann", "bob", "ann", "bob"]


async def test_one_that_leaves_while_it_waits_gives_no_place_away() -> None:
    waiting = Waiting()
    waiting.join("ann", *range(READ_AT_ONCE + 2))
    waiting.leave("ann", READ_AT_ONCE)
    assert len(waiting.reading) == READ_AT_ONCE
    waiting.leave("ann", 0)
    assert ("ann", READ_AT_ONCE + 1) in waiting.reading


async def test_later_message_of_a_job_takes_over_its_place() -> None:
    waiting = Waiting()
    waiting.join("ann", *range(READ_AT_ONCE + 2))
    earlier = waiting.places["ann", READ_AT_ONCE]
    waiting.join("ann", READ_AT_ONCE)
    assert isinstance(earlier.exception(), NoLongerWantedError)
    waiting.line.leave("ann", str(READ_AT_ONCE), earlier)
    waiting.leave("ann", 0)
    assert ("ann", READ_AT_ONCE) in waiting.reading


async def test_full_line_makes_room_for_another_user_only() -> None:
    waiting = Waiting()
    waiting.join("ann", *range(LINE_LENGTH))
    with pytest.raises(BlockedError):
        waiting.join("ann", LINE_LENGTH)
    waiting.join("bob", 0)
    assert isinstance(waiting.places["ann", LINE_LENGTH - 1].exception(), BlockedError)
    assert not waiting.places["bob", 0].done()


async def test_nobody_waits_longer_than_a_message_may_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.expander.lines.LOOK_SECONDS", 0.0)
    clock = FakeClock()
    lines = Lines(1, clock)

    async def runs() -> bool:
        return True

    async def explain() -> None:
        pass

    async def read(job_id: str) -> None:
        async with lines.turn(HOME, "ann", job_id, runs, explain):
            await asyncio.Event().wait()

    reading = [asyncio.create_task(read(str(number))) for number in range(READ_AT_ONCE)]
    await settle()
    last = asyncio.create_task(read("last"))
    await settle()
    assert not last.done()
    clock.time += PATIENCE_SECONDS + 1
    with pytest.raises(BlockedError):
        await last
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
