"""Figures of many numbers: bounds, median, and counts in bins with round edges. Pure, exact in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# So many bins hold all but the hundredth at either end, which may lie far off.
BINS = 20
SHARE_OUTSIDE = 100
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bin:
    """How many numbers are `at_least` one edge and `below` the other; None: there is no edge."""

    at_least: int | None
    below: int | None
    count: int


def doubled_median(ordered: Sequence[int]) -> int:
    """Twice the median of ascending numbers, which is an integer where the median may not be."""
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]


def bins(ordered: Sequence[int], least_width: int) -> list[Bin]:
    """Ascending numbers in bins of one width: `least_width` times 1, 2 or 5 and a power of ten."""
    if not ordered:
        return []
    outside = len(ordered) // SHARE_OUTSIDE
    low, high = ordered[outside], ordered[-1 - outside]
    width = _width(high - low, least_width)
    first = low // width
    counts = [0] * (high // width - first + 1)
    below = above = 0
    for number in ordered:
        place = number // width - first
        if place < 0:
            below += 1
        elif place >= len(counts):
            above += 1
        else:
            counts[place] += 1
    inner = [Bin((first + n) * width, (first + n + 1) * width, count) for n, count in enumerate(counts)]
    lowest = [Bin(None, first * width, below)] if below else []
    highest = [Bin((first + len(counts)) * width, None, above)] if above else []
    return [*lowest, *inner, *highest]


def _width(span: int, least_width: int) -> int:
    """The least width of which `BINS` less one cover the span."""
    power = 1
    while True:
        for step in _STEPS:
            if span < (BINS - 1) * (width := least_width * step * power):
                return width
        power *= 10
