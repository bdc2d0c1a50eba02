"""The database's clock is known within its resolution, however uneven the way there and back is."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.serverclock import DRIFT, RESOLUTION_SECONDS, ServerClock

SERVER_AHEAD = 1_795_000_000.0  # epoch seconds against a monotonic clock that starts near 0
ROUNDING = 1e-6  # of float arithmetic on numbers of that size


def told(server: float) -> float:
    """The server's time as it says it: whole milliseconds, cut off."""
    return math.floor(server * 1000) / 1000


def observe(clock: ServerClock, sent: float, there: float, back: float, offset: float = SERVER_AHEAD) -> float:
    received = sent + there + back
    clock.observe(sent, received, told(sent + there + offset))
    return received


delays = st.floats(0.0, 0.5)


@given(st.lists(st.tuples(delays, delays, st.floats(0.0, 60.0)), min_size=1, max_size=80), st.floats(0, 1000))
def test_error_is_at_most_half_of_the_best_exchange(
    exchanges: list[tuple[float, float, float]], started: float
) -> None:
    clock, now, observed = ServerClock(), started, list[tuple[float, float]]()
    for there, back, pause in exchanges:
        received = observe(clock, now, there, back)
        observed.append((received, there + back))
        now = received + pause
    moment = now + SERVER_AHEAD + 1.0
    error = clock.local(moment, now) - (moment - SERVER_AHEAD)
    best = min(trip + 2 * DRIFT * (now - received) for received, trip in observed)
    assert abs(error) <= (best + RESOLUTION_SECONDS) / 2 + ROUNDING


def test_many_uneven_exchanges_are_better_than_any_one() -> None:
    clock, now, jitter = ServerClock(), 50.0, random.Random(3)
    for _ in range(60):
        there, back = jitter.choice([(0.0002, 0.010), (0.010, 0.0002)])
        now = observe(clock, now, there, back) + jitter.random() * 0.1
    moment = now + SERVER_AHEAD
    assert abs(clock.local(moment, now) - now) < 0.0005


def test_clock_that_was_set_is_believed_at_once() -> None:
    clock = ServerClock()
    now = observe(clock, 10.0, 0.001, 0.001)
    now = observe(clock, now + 1, 0.001, 0.001, offset=SERVER_AHEAD - 60)
    assert abs(clock.local(now + SERVER_AHEAD - 60, now) - now) <= 0.002


def test_clocks_that_drift_apart_are_followed() -> None:
    clock, now, offset = ServerClock(), 10.0, SERVER_AHEAD
    now = observe(clock, now, 0.0001, 0.0001)
    for _ in range(360):
        now, offset = now + 10, offset + 10 * 0.9 * DRIFT
        now = observe(clock, now, 0.002, 0.002, offset)
    assert abs(clock.local(now + offset, now) - now) <= 0.0026


def test_one_exchange_serves_however_old_it_is() -> None:
    clock = ServerClock()
    now = observe(clock, 10.0, 0.001, 0.001)
    assert abs(clock.local(now + SERVER_AHEAD + 3600, now + 3600) - (now + 3600)) <= 0.002


def test_without_an_exchange_there_is_no_answer() -> None:
    with pytest.raises(ValueError, match="no exchange"):
        ServerClock().local(1.0, 1.0)


def test_round_trip_is_the_slowest_of_the_latest() -> None:
    clock = ServerClock()
    assert clock.round_trip == 0.0
    now = observe(clock, 1.0, 0.4, 0.4)
    for _ in range(7):
        now = observe(clock, now, 0.01, 0.01)
    assert math.isclose(clock.round_trip, 0.8, abs_tol=1e-9)
    observe(clock, now, 0.01, 0.01)
    assert math.isclose(clock.round_trip, 0.02, abs_tol=1e-9)
