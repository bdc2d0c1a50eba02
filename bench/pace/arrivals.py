"""What a shop's log of arrivals says of a pace. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise

from typing_extensions import TypedDict

# A pace of less than 0.7 s may be kept to within so much (docs/adr/0003-the-pace.md).
TOLERANCE_SECONDS = 0.005


class Judged(TypedDict):
    """Gaps in seconds."""

    requests: int
    share_used: float
    too_early: int
    shortest_gap: float
    median_gap: float
    longest_gap: float


def judged(arrivals: Sequence[float], interval: float) -> Judged:
    """The share of the permitted requests that were made, and how many came too early."""
    gaps = [later - earlier for earlier, later in pairwise(sorted(arrivals))]
    return {
        "requests": len(arrivals),
        "share_used": interval / statistics.fmean(gaps),
        "too_early": sum(gap < interval - TOLERANCE_SECONDS for gap in gaps),
        "shortest_gap": min(gaps),
        "median_gap": statistics.median(gaps),
        "longest_gap": max(gaps),
    }


def quantile(buckets: Mapping[float, float], share: float) -> float:
    """The value below which `share` of a histogram's observations lie, evenly spread within each bucket.

    `buckets` are cumulative counts by upper bound, as Prometheus exposes them.
    """
    total = max(buckets.values(), default=0.0)
    below, counted = 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if total and count >= share * total:
            within = (share * total - counted) / (count - counted) if count > counted else 1.0
            return below + (bound - below) * within if bound != float("inf") else below
        below, counted = bound, count
    return below
