"""Everything that can go wrong, each as a function that does the damage and ends it again."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.chaos.faults import messages, processes, servers, storefront
from tests.chaos.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (*processes.FAULTS, *servers.FAULTS, *storefront.FAULTS, *messages.FAULTS)


def drawn(seed: int, number: int) -> list[Fault]:
    """So many faults in random order; each kind comes as often as its weight says before any comes more often."""
    return [fault for fault, _ in zip(_endless(random.Random(f"faults {seed}")), range(number), strict=False)]


def _endless(chance: random.Random) -> Iterator[Fault]:
    while True:
        deck = [fault for fault in FAULTS for _ in range(fault.weight)]
        chance.shuffle(deck)
        yield from deck
