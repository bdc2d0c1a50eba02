"""Windows bound what is in flight, never stall, and skip no place."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.expander.windows import LEAST, next_feed, window_size


@pytest.mark.parametrize(
    ("interval", "seconds", "most", "expected"),
    [(0, 0.5, 1000, 1000), (2.0, 0.5, 1000, LEAST), (0.05, 0.5, 1000, 10), (0.001, 60, 1000, 1000), (2.0, 0.5, 1, 1)],
)
def test_window_holds_so_many_seconds_of_the_pace(interval: float, seconds: float, most: int, expected: int) -> None:
    assert window_size(interval, seconds, most) == expected


@given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 2**32))
def test_every_place_is_handed_out_once_within_the_window(total: int, window: int, seed: int) -> None:
    jitter, fed, progress, handed = random.Random(seed), 0, 0, list[int]()
    while progress < total:
        places = next_feed(total, fed, progress, window)
        handed.extend(places)
        fed += len(places)
        in_flight = fed - progress
        assert 0 < in_flight <= window, "it stalls, or holds too much"
        progress += jitter.randint(1, in_flight)
    assert handed == list(range(total))
    assert not next_feed(total, fed, progress, window)


@given(st.integers(1, 300), st.integers(1, 40), st.data())
def test_window_repeated_after_a_crash_catches_up(total: int, window: int, data: st.DataObject) -> None:
    """The cursor had not moved when the feeder died, and its items were finished meanwhile."""
    progress = data.draw(st.integers(0, total))
    fed = data.draw(st.integers(0, progress))
    places = next_feed(total, fed, progress, window)
    assert places.start == fed
    assert places.stop == min(total, progress + window)


def test_small_gaps_wait_to_be_refilled_together() -> None:
    assert next_feed(1000, 100, 24, 100) == range(0)
    assert next_feed(1000, 100, 25, 100) == range(100, 125)


def test_window_made_smaller_hands_out_nothing_until_it_fits() -> None:
    assert next_feed(1000, 100, 10, 20) == range(0)
    assert next_feed(1000, 100, 90, 20) == range(100, 110)
