"""How much of a job is handed out ahead: pure.

A window is as small as keeps the pace used, because whatever is handed out stands in front of every other job's work:
it is the longest that a small job waits for a large one.
"""

from __future__ import annotations

import math

# Enough in flight that a marketplace never waits for the next window to arrive.
LEAST = 4


def window_size(interval_seconds: float, window_seconds: float, most: int) -> int:
    """Items of one job in flight at once."""
    if interval_seconds == 0:
        return most
    return min(most, max(LEAST, math.ceil(window_seconds / interval_seconds)))


def next_feed(total: int, fed: int, progress: int, window: int) -> range:
    """Places to hand out now, so that `window` items are in flight; empty when there are enough.

    A window is refilled once a quarter of it is free, so that few, larger batches are handed out.
    """
    free = window - (fed - progress)
    if free < max(1, window // 4) and fed - progress > 0:
        return range(0)
    return range(fed, min(total, fed + max(0, free)))
