"""The database's clock seen from this process: when, on our monotonic clock, a moment of its clock will be.

A reply to a request sent at `sent` and received at `received` that says "now" was written in between, which bounds the
offset of the two clocks from both sides. Several exchanges bound it together: the intersection of their intervals is
far narrower than one round trip (Marzullo's algorithm, 1984, with every source believed). Clocks drift by some 50
microseconds a second, so only the exchanges of the latest seconds count.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW = 64
MAX_AGE_SECONDS = 20.0
# The server tells its time in whole milliseconds, cut off.
RESOLUTION_SECONDS = 0.001


@dataclass(frozen=True)
class Exchange:
    received: float
    trip: float
    low: float
    high: float


class ServerClock:
    """Bounds of (server time - local monotonic time), in seconds."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=WINDOW)

    @property
    def round_trip(self) -> float:
        """Seconds of the slowest of the latest few exchanges: what the next one may take."""
        return max((exchange.trip for exchange in list(self._exchanges)[-8:]), default=0.0)

    def observe(self, sent: float, received: float, server_seconds: float) -> None:
        """One exchange: local monotonic seconds before and after, and what the server called now in between."""
        low, high = server_seconds - received, server_seconds + RESOLUTION_SECONDS - sent
        self._exchanges.append(Exchange(received, received - sent, low, high))

    def local(self, server_seconds: float, now: float) -> float:
        """The local monotonic moment at which the server's clock shows `server_seconds`; needs one exchange."""
        return server_seconds - self._offset(now)

    def _offset(self, now: float) -> float:
        recent = [e for e in self._exchanges if now - e.received <= MAX_AGE_SECONDS] or [self._exchanges[-1]]
        low, high = max(e.low for e in recent), min(e.high for e in recent)
        if low > high:  # a clock was set meanwhile: only the latest exchange is sure
            low, high = recent[-1].low, recent[-1].high
        return (low + high) / 2
