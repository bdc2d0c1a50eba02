"""Many measurements of one kind, told in a few figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.latency.result import Spread


def spread(seconds: Sequence[float]) -> Spread:
    """The least values that half, and 99 %, of the measurements do not exceed."""
    ordered = sorted(seconds)
    return {"count": len(ordered), "p50": _at(ordered, 0.5), "p99": _at(ordered, 0.99), "longest": ordered[-1]}


def _at(ordered: Sequence[float], share: float) -> float:
    """Nearest rank: with few measurements the 99th percentile is the longest of them."""
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
