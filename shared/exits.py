"""The ways out of one process: a client per egress, and which of them a request takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from shared.egress import Egress
from shared.pace import Pace, Turn


@dataclass(frozen=True)
class Exit:
    """One egress with its own connections."""

    egress: Egress
    client: httpx.AsyncClient


class Exits:
    """Hands each request the way out whose next slot comes first, over all processes."""

    def __init__(self, pace: Pace, exits: Sequence[Exit]) -> None:
        self._pace = pace
        self._exits = tuple(exits)
        self._choosing: dict[str, asyncio.Lock] = {}
        self._turned = 0

    async def prepare(self, marketplace: str) -> tuple[Exit, Turn]:
        """A way out and a turn on it, as `Pace.prepare` gives it; the turn must be released."""
        if len(self._exits) == 1:
            return self._exits[0], await self._pace.prepare(self._exits[0].egress.line(marketplace))
        # One chooses at a time: the next one sees the slot that this one took.
        async with self._choosing.setdefault(marketplace, asyncio.Lock()):
            chosen = await self._soonest(marketplace)
            turn = await self._pace.take(chosen.egress.line(marketplace))
        await self._pace.approach(turn)
        return chosen, turn

    async def _soonest(self, marketplace: str) -> Exit:
        """The exit whose slot is next; equals take turns. Waits while this process has its fill of that one's slots."""
        self._turned = (self._turned + 1) % len(self._exits)
        exits = self._exits[self._turned :] + self._exits[: self._turned]
        lines = [each.egress.line(marketplace) for each in exits]
        while True:
            waits = await self._pace.waits(lines)
            first = min(range(len(exits)), key=waits.__getitem__)
            if self._pace.has_room(lines[first]):
                return exits[first]
            await self._pace.room(lines[first])
