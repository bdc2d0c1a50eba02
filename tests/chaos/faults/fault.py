"""The form of a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.arena import Arena

# Whether the system shows that it has got over this fault; asked besides what every fault has to show.
Healed = Callable[[], bool]


@dataclass(frozen=True)
class Fault:
    """`strike` does the damage and ends it; how long the system needs afterwards is measured."""

    name: str
    strike: Callable[[Arena], Healed | None]
    weight: int = 1
