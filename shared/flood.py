"""When nearly everything fails, consumption slows: a queue is not to be emptied into the failure store.

What is slowed are the failures alone, one after the other, before each is given up; a message that can be handled never
waits for this, only behind those. Two kinds are told apart:

- What could not be handled (a bug, a dependency that refuses everything) can be once that is mended: each further
  failure waits twice as long, up to a second, so that a process gives up no more than a message a second.
- What could not be read stays unreadable however long one waits, and comes from outside: it is only kept from flooding
  the store, so that a producer of nonsense holds up good messages behind it as little as can be.

A success sets the wait back to its beginning, and it is over once a tenth succeeds again: after a few messages.
"""

from __future__ import annotations

import asyncio
from collections import deque

from prometheus_client import Gauge

from shared.clock import Clock
from shared.log import get_logger

log = get_logger(__name__)

WINDOW_SECONDS = 30.0
# A flood is: so many given up within the window, and hardly anything else.
LEAST_FAILURES = 50
RATIO = 0.9
FIRST_PAUSE_SECONDS = 0.05
# With a prefetch of 1000, all that one process holds is given up well within the broker's half hour.
LONGEST_PAUSE_SECONDS = 1.0
# So that unreadable messages pass at some hundred a second.
UNREADABLE_PAUSE_SECONDS = 0.002

# Seconds that each further failure of a queue waits in this process; above 0 nearly everything fails.
SLOWED = Gauge("asinflow_consumption_slowed_seconds", "Wait of each failure while nearly all fail", ["queue"])


class Brake:
    """Of one queue in one process."""

    def __init__(self, queue: str, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        # Per second: when it began, successes, failures.
        self._window: deque[list[float]] = deque()
        self._pause = 0.0
        self._flooding = False
        self._turn = asyncio.Lock()
        SLOWED.labels(queue).set_function(lambda: self.pause)

    @property
    def pause(self) -> float:
        """Seconds that each further failure waits; 0 unless nearly everything fails."""
        if self._silent(self._clock.monotonic()):
            return 0.0
        return self._pause or (UNREADABLE_PAUSE_SECONDS if self._flooding else 0.0)

    def succeeded(self, count: int = 1) -> None:
        self._count(count, 0)
        self._pause = 0.0
        if not self._is_flood():
            self._end()

    async def failed(self, *, readable: bool) -> None:
        """Count a failure; returns when it may be given up, in the order in which they are told."""
        async with self._turn:
            self._count(0, 1)
            if not self._is_flood():
                self._end()
                return
            self._begin()
            if readable:
                self._pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, self._pause * 2))
            await self._clock.sleep(self._pause if readable else UNREADABLE_PAUSE_SECONDS)

    def _is_flood(self) -> bool:
        """Once it is one, it takes no number of failures to go on: slowed, there are few."""
        good, bad = (sum(second[place] for second in self._window) for place in (1, 2))
        return bad >= (1 if self._flooding else LEAST_FAILURES) and bad >= RATIO * (good + bad)

    def _count(self, good: int, bad: int) -> None:
        now = self._clock.monotonic()
        if self._silent(now):
            self._end()
        while self._window and self._window[0][0] < now - WINDOW_SECONDS:
            self._window.popleft()
        if not self._window or self._window[-1][0] < now - 1:
            self._window.append([now, 0, 0])
        self._window[-1][1] += good
        self._window[-1][2] += bad

    def _silent(self, now: float) -> bool:
        """Whether nothing was finished or given up for so long that everything begins anew."""
        return not self._window or self._window[-1][0] < now - WINDOW_SECONDS - 1

    def _begin(self) -> None:
        if not self._flooding:
            self._flooding = True
            log.warning("consumption_slowed", queue=self._queue)

    def _end(self) -> None:
        self._pause = 0.0
        if self._flooding:
            self._flooding = False
            log.info("consumption_resumed", queue=self._queue)
