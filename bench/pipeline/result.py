"""The shape of what the contest measures, as JSON keeps it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

# The entrants that others are held against.
OURS, LIMIT = "Asinflow", "raw publish + consume + write"
INDEXED = f"{LIMIT}, with indexes"
ANALYSING = f"{OURS}, with profit analysis"
Kind = Literal["ours", "peer", "limit"]


class Turn(TypedDict):
    """One job of one entrant: CPU in microseconds per item by role, memory of its largest process and of all."""

    items: int
    seconds: float
    cpu_us: dict[str, float]
    worker_megabytes: float
    workers_megabytes: float


class Row(TypedDict):
    """Medians of an entrant's turns, with the slowest and the fastest."""

    name: str
    kind: Kind
    stores: bool
    keeps: str
    items_per_second: float
    slowest: float
    fastest: float
    cpu_us: dict[str, float]
    total_cpu_us: float
    worker_megabytes: float
    workers_megabytes: float
    turns: list[Turn]


class Contest(TypedDict):
    """`synced`: what is acknowledged survives a kill of the database."""

    synced: bool
    items: int
    rounds: int
    rows: list[Row]


class Result(TypedDict):
    """`documents` are those that Asinflow stores of each item: bytes by collection."""

    workers: int
    documents: dict[str, int]
    contests: list[Contest]
