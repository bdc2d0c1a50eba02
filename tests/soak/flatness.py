"""Whether what was measured over time stayed flat: its beginning, after the warm-up, against its end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

WARM_UP_SHARE = 0.25
COMPARED_SHARE = 0.25
GROWTH_SHARE = 0.10
# A pool of connections grows to the most that were ever used at once, and that takes its time: a collector's has 32.
# A leak shows all the same: half an hour has some 100,000 requests.
COUNT_SLACK = 32


@dataclass(frozen=True)
class Sample:
    """One process at one moment: resident megabytes, open file descriptors, and how many of those are sockets."""

    megabytes: float
    descriptors: int
    sockets: int


@dataclass(frozen=True)
class Course:
    """Medians of the first and the last part of the time after the warm-up."""

    first: float
    last: float

    @property
    def growth(self) -> float:
        """As a share of the beginning."""
        return self.last / self.first - 1 if self.first else 0.0


def course(values: Sequence[float]) -> Course:
    """The course of evenly spaced values; raises ValueError when they are too few to tell."""
    warm = values[round(len(values) * WARM_UP_SHARE) :]
    part = round(len(warm) * COMPARED_SHARE)
    if part == 0:
        raise ValueError(f"{len(values)} samples are too few")
    return Course(median(warm[:part]), median(warm[-part:]))


def not_flat(samples: Sequence[Sample]) -> list[str]:
    """What grew, in words; empty when all of it stayed flat. To shrink is to be flat."""
    memory = course([sample.megabytes for sample in samples])
    grown = []
    if memory.growth > GROWTH_SHARE:
        grown.append(f"memory grew by {memory.growth:.0%}, from {memory.first:.1f} to {memory.last:.1f} MB")
    for name in ("descriptors", "sockets"):
        counts = course([getattr(sample, name) for sample in samples])
        if counts.last > counts.first * (1 + GROWTH_SHARE) + COUNT_SLACK:
            grown.append(f"{name} grew from {counts.first:g} to {counts.last:g}")
    return grown
