"""The shape of what is measured, as JSON keeps it, and the medians that are made of it. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from typing_extensions import TypedDict

SERVICES = ("api", "expander", "collector", "aggregator", "sweeper")
PROCESSES = (*SERVICES, "broker", "database")


class Turn(TypedDict):
    """`jobs` at once of `items` each, `repeats` times: CPU in microseconds per item, and the largest process's peak."""

    items: int
    jobs: int
    repeats: int
    collectors: int
    seconds: float
    cpu_us: dict[str, float]
    peak_megabytes: dict[str, float]
    database_bytes: int
    broker_bytes: int


class Result(TypedDict):
    """`page_ms`: CPU that a real page takes its collector, from `deploy/k8s/figures.toml`."""

    cores: int
    collectors: int
    page_ms: float
    sizes: list[Turn]
    crowds: list[Turn]
    teams: list[Turn]


def of_size(turns: Iterable[Turn], items: int) -> list[Turn]:
    return [turn for turn in turns if turn["items"] == items]


def done(turn: Turn) -> int:
    """Items in all."""
    return turn["items"] * turn["jobs"] * turn["repeats"]


def per_second(turns: Sequence[Turn]) -> float:
    return statistics.median(done(turn) / turn["seconds"] for turn in turns)


def cpu(turns: Sequence[Turn], process: str) -> float:
    """Microseconds per item."""
    return statistics.median(turn["cpu_us"][process] for turn in turns)


def all_cpu(turns: Sequence[Turn]) -> float:
    return statistics.median(sum(turn["cpu_us"].values()) for turn in turns)


def peak(turns: Sequence[Turn], process: str) -> float:
    """Megabytes."""
    return statistics.median(turn["peak_megabytes"][process] for turn in turns)
