"""Where listings wait for their turn: one line per marketplace, so that a slow one holds up only its own.

Users take turns. Everything that needs no page of a listing passes by all lines. Bounded: so many messages at most are
held, and none for as long as the broker would let it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from services.expander.watch import known_to_run
from shared.amazon.marketplaces import MARKETPLACES
from shared.clock import Clock
from shared.errors import BlockedError, NoLongerWantedError

Place = asyncio.Future[None]

# Listings read at once per marketplace: few, as they share one pace, enough to be answered while others are asked.
READ_AT_ONCE = 4
# Listings in hand per marketplace, those being read included; one more is put back for a while.
LINE_LENGTH = 64
AWAY_SECONDS = 30.0
# Together with a step and its last page (see expansion.STEP_SECONDS and the patience of the pace) well below the half
# hour after which the broker takes a message away.
PATIENCE_SECONDS = 600.0
# How often one that waits looks whether its job still runs.
LOOK_SECONDS = 2.0


class Line:
    """The listings of one marketplace. A place is theirs once its future has a result."""

    def __init__(self, marketplace: str) -> None:
        self._marketplace = marketplace
        self._reading = 0
        # By user, then by job; the user whose turn is next comes first.
        self._waiting: dict[str, dict[str, Place]] = {}

    def join(self, user_id: str, job_id: str) -> Place:
        """A new place. A later message of a job takes over from the one that waits, where that stands.

        Raises BlockedError when the line is full and nobody has more in it than this user.
        """
        place: Place = asyncio.get_running_loop().create_future()
        mine = self._waiting.get(user_id, {})
        if job_id in mine:
            mine[job_id].set_exception(NoLongerWantedError("a later message of its job waits instead"))
        else:
            self._make_room(len(mine))
        self._waiting.setdefault(user_id, {})[job_id] = place
        self._call()
        return place

    def leave(self, user_id: str, job_id: str, place: Place) -> None:
        if not place.done():
            mine = self._waiting[user_id]
            del mine[job_id]
            if not mine:
                del self._waiting[user_id]
        elif place.exception() is None:
            self._reading -= 1
            self._call()

    def turned_away(self) -> BlockedError:
        return BlockedError(
            f"many listings of {self._marketplace} wait to be read", code="no_turn", retry_after=AWAY_SECONDS
        )

    def _make_room(self, mine: int) -> None:
        if self._reading + sum(map(len, self._waiting.values())) < LINE_LENGTH:
            return
        user_id, most = max(self._waiting.items(), key=lambda waiting: len(waiting[1]))
        if len(most) <= mine + 1:
            raise self.turned_away()
        _, last = self._waiting[user_id].popitem()
        last.set_exception(self.turned_away())

    def _call(self) -> None:
        """Give free places to those whose turn it is, one user after the other."""
        while self._waiting and self._reading < READ_AT_ONCE:
            user_id = next(iter(self._waiting))
            mine = self._waiting.pop(user_id)
            place = mine.pop(next(iter(mine)))
            if mine:
                self._waiting[user_id] = mine
            self._reading += 1
            place.set_result(None)


class Lines:
    """All lines of one process; `passing` is for what waits in none of them."""

    def __init__(self, at_once: int, clock: Clock) -> None:
        self.passing = asyncio.Semaphore(at_once)
        # With so many messages in hand, full lines leave room for as many as may pass.
        self.held = at_once + LINE_LENGTH * len(MARKETPLACES)
        self._clock = clock
        self._lines = {name: Line(name) for name in MARKETPLACES}

    @asynccontextmanager
    async def turn(
        self,
        marketplace: str,
        user_id: str,
        job_id: str,
        runs: Callable[[], Awaitable[bool]],
        explain: Callable[[], Awaitable[None]],
    ) -> AsyncIterator[None]:
        """Wait for a place among those whose listings are read, and keep it; `explain` is told if that takes a while.

        Raises NoLongerWantedError when the job stops running before, or a later message of it waits instead; and
        BlockedError when it has to be put back for a while.
        """
        line = self._lines[marketplace]
        place = line.join(user_id, job_id)
        try:
            deadline = self._clock.monotonic() + PATIENCE_SECONDS
            if not place.done():
                await explain()
            while not (await asyncio.wait({place}, timeout=LOOK_SECONDS))[0]:
                if not await known_to_run(runs):
                    raise NoLongerWantedError("the job does not run any more")
                if self._clock.monotonic() > deadline:
                    raise line.turned_away()
            place.result()
            yield
        finally:
            line.leave(user_id, job_id, place)
