"""How much is handed out ahead, and of which job: pure.

What is handed out on a marketplace stands in front of everything that comes later, so there is one window per
marketplace, as small as keeps the pace used, however many jobs run there. Who gets the next place in it is decided by
stride scheduling (Waldspurger and Weihl, 1995): shares are proportional to weights, over any stretch of time to within
a quantum, so that nobody starves; who comes anew is next.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Enough in flight that a marketplace never waits for the next items to arrive.
LEAST = 4
WEIGHTS: Mapping[str, float] = {"high": 9.0, "normal": 3.0, "low": 1.0}
# The first items of a job weigh more: a small job is done in about the time that it takes alone, beside a large one.
FIRST_ITEMS = 20
FIRST_FACTOR = 4.0
# Items that wait to be tried again take no place in the window, up to so many windows of them.
PARKED_WINDOWS = 10
# Without an interval a window holds what was finished in so many seconds, within these limits; before anything was
# measured, as much as keeps collectors busy whose source answers at once.
MEASURED_SECONDS = 1.0
FEWEST_MEASURED, NOT_MEASURED = 250, 2_000
# Of a window's places a job gets this part at a time, in small windows one: each handing out costs three journeys, and
# items of few jobs are written and counted in fewer strokes than as many of all.
QUANTUM_SHARE = 1 / 20
# Handed out for so long, and for the time that so many windows take, without any of it being finished: it is not on its
# way any more, or not soon.
STILL_SECONDS = 30.0
STILL_WINDOWS = 2


@dataclass(frozen=True)
class Lane:
    """One job's items of one marketplace; `left` are not handed out yet, `handed` are."""

    job_id: str
    priority: str
    left: int
    handed: int

    def weight(self, further: int) -> float:
        """What the item after `further` more of it weighs."""
        factor = FIRST_FACTOR if self.handed + further < FIRST_ITEMS else 1.0
        return factor * WEIGHTS.get(self.priority, WEIGHTS["normal"])


def window_size(
    interval_seconds: float,
    window_seconds: float,
    most: int,
    fetch_seconds: float = 0.0,
    per_second: float | None = None,
) -> int:
    """Items of one marketplace in flight at once: a window ahead, and as many as are being fetched meanwhile.

    Without an interval the collectors set the pace themselves: `per_second`, None while that is not known.
    """
    if interval_seconds == 0:
        measured = NOT_MEASURED if per_second is None else math.ceil(per_second * MEASURED_SECONDS)
        return min(most, max(FEWEST_MEASURED, measured))
    ahead = max(LEAST, math.ceil(window_seconds / interval_seconds))
    return min(most, ahead + math.ceil(fetch_seconds / interval_seconds))


def room_for(window: int, in_flight: int, parked: int = 0) -> int:
    """How many items to hand out now; `parked` of those in flight wait to be tried again.

    A window is refilled once a quarter of it is free, so that few, larger batches are handed out.
    """
    active = in_flight - min(parked, PARKED_WINDOWS * window)
    free = window - max(0, active)
    return 0 if active > 0 and free < max(1, window // 4) else max(0, free)


def quantum(window: int) -> int:
    """How many items of one job are handed out at a time."""
    return max(1, int(window * QUANTUM_SHARE))


def still_limit(window: int, interval_seconds: float) -> float:
    """After so many seconds in which nothing of a job was finished, what it has in flight takes no place any more."""
    return STILL_SECONDS + STILL_WINDOWS * window * interval_seconds


class Dealer:
    """Deals the places of one marketplace's window; remembers who is owed how much."""

    def __init__(self) -> None:
        self._passes: dict[str, float] = {}
        self._now = 0.0

    def deal(self, lanes: Sequence[Lane], room: int, quantum: int = 1) -> dict[str, int]:
        """How many items each job hands out now, by job id: together `room`, as long as there are so many.

        Each gets `quantum` at its turn, the last one what is left of the room.
        """
        # One that had nothing to hand out for a while is owed nothing for it.
        self._passes = {lane.job_id: self._passes.get(lane.job_id, self._now) for lane in lanes if lane.left > 0}
        by_id = {lane.job_id: lane for lane in lanes if lane.left > 0}
        line = [(self._passes[name], lane.handed, name) for name, lane in by_id.items()]
        heapq.heapify(line)
        dealt: dict[str, int] = {}
        while room > 0 and line:
            self._now, handed, name = heapq.heappop(line)
            lane, count = by_id[name], dealt.get(name, 0)
            number = min(quantum, lane.left - count, room)
            self._passes[name] = self._now + sum(1.0 / lane.weight(count + further) for further in range(number))
            dealt[name] = count + number
            room -= number
            if dealt[name] < lane.left:
                heapq.heappush(line, (self._passes[name], handed + number, name))
        return dealt
