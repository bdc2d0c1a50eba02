"""Whether a large job costs what a small one does. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.growth.result import SERVICES, Turn, all_cpu, of_size, peak, per_second
from bench.targets import Target, at_most

SMALL = 1_000
MOST_COST, MOST_MEMORY = 1.1, 1.2
MOST_COLLECTOR_MEGABYTES = 64.0


def judged(turns: Sequence[Turn]) -> list[Target]:
    """The largest job against those of a thousand items on the same running system."""
    small, large = of_size(turns, SMALL), of_size(turns, max(turn["items"] for turn in turns))
    size = f"{large[0]['items']:,} items over {SMALL:,}"
    ratios = {name: peak(large, name) / peak(small, name) for name in SERVICES}
    worst = max(SERVICES, key=lambda name: ratios[name])
    memory = at_most(f"memory of the service that grows most, {size}", ratios[worst], MOST_MEMORY)
    return [
        at_most(f"CPU per item, {size}", all_cpu(large) / all_cpu(small), MOST_COST),
        at_most(f"time per item, {size}", per_second(small) / per_second(large), MOST_COST),
        Target(memory.what, memory.wanted, f"{memory.measured} ({worst})", memory.reached),
        at_most(
            f"memory of a collector at {size.partition(' over')[0]}",
            peak(large, "collector"),
            MOST_COLLECTOR_MEGABYTES,
            "MB",
        ),
    ]
