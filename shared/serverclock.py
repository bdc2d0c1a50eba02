"""The database's clock seen from this process: when, on our monotonic clock, a moment of its clock will be.

A reply to a request sent at `sent` and received at `received` that says "now" was written in between, which bounds the
offset of the two clocks from both sides. Many exchanges bound it together: the intersection of their intervals is far
narrower than one round trip (Marzullo's algorithm, 1984, with every source believed). An old bound widens with the
drift that two clocks may have.
"""

from __future__ import annotations

from dataclasses import dataclass

# RFC 5905 takes 15 parts per million for the frequency tolerance of one clock; here are two.
DRIFT = 30e-6
RECENT = 8
# The server tells its time in whole milliseconds, cut off.
RESOLUTION_SECONDS = 0.001


@dataclass(frozen=True)
class Bound:
    """A bound of the offset, and when it was observed."""

    value: float
    at: float

    def widened(self, now: float, direction: int) -> float:
        return self.value + direction * DRIFT * (now - self.at)


class ServerClock:
    """Bounds of (server time - local monotonic time), in seconds."""

    def __init__(self) -> None:
        self._low: Bound | None = None
        self._high: Bound | None = None
        self._trips: list[float] = []

    @property
    def round_trip(self) -> float:
        """Seconds of the slowest of the latest few exchanges: what the next one may take."""
        return max(self._trips, default=0.0)

    def observe(self, sent: float, received: float, server_seconds: float) -> None:
        """One exchange: local monotonic seconds before and after, and what the server called now in between."""
        self._trips = [*self._trips[-RECENT + 1 :], received - sent]
        low = Bound(server_seconds - received, received)
        high = Bound(server_seconds + RESOLUTION_SECONDS - sent, received)
        kept_low = low if self._low is None or self._low.widened(received, -1) < low.value else self._low
        kept_high = high if self._high is None or self._high.widened(received, 1) > high.value else self._high
        if kept_low.widened(received, -1) > kept_high.widened(received, 1):  # a clock was set meanwhile
            kept_low, kept_high = low, high
        self._low, self._high = kept_low, kept_high

    def width(self, now: float) -> float:
        """How far apart the bounds are: the estimate is wrong by at most half of it."""
        if self._low is None or self._high is None:
            return float("inf")
        return self._high.widened(now, 1) - self._low.widened(now, -1)

    def local(self, server_seconds: float, now: float) -> float:
        """The local monotonic moment at which the server's clock shows `server_seconds`; needs one exchange."""
        if self._low is None or self._high is None:
            raise ValueError("no exchange has been observed yet")
        return server_seconds - (self._low.widened(now, -1) + self._high.widened(now, 1)) / 2
