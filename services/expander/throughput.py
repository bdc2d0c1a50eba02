"""How many items of a marketplace are finished a second, while there are always more to be handed out. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class _Look:
    at: float
    finished: int
    busy: bool


class Throughput:
    """Of one marketplace, measured from look to look; only where both saw work that waits to be handed out, since
    otherwise it would measure how little there was to do."""

    def __init__(self) -> None:
        self._handed_out = 0
        self._last: _Look | None = None
        self.per_second: float | None = None

    def hand_out(self, items: int) -> None:
        self._handed_out += items

    def look(self, at: float, in_flight: int, *, busy: bool) -> None:
        """`at` in seconds of any clock; `busy` says whether more waits to be handed out than there is room for."""
        last, now = self._last, _Look(at, self._handed_out - in_flight, busy)
        self._last = now
        if last is not None and last.busy and busy and at > last.at:
            self.per_second = max(0, now.finished - last.finished) / (at - last.at)
