"""Contestants take turns on the same servers; what each turn took is kept for medians and spread."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from bench.meter import ROLES, Meter
from bench.servers import Servers

WARM_UP_ITEMS = 200
# Does so many items and returns the seconds from submission until all are known to be done.
Run = Callable[[str, int], float]


@dataclass(frozen=True)
class Entrant:
    """What takes part: `enter` starts it and gives a way to run a job, with the process ids of each role."""

    name: str
    keeps: str
    stores: bool
    enter: Callable[[Servers], AbstractContextManager[tuple[Run, dict[str, list[int]]]]]


@dataclass(frozen=True)
class Turn:
    """One job of one entrant: `cpu_us` are microseconds per item by role."""

    entrant: str
    items: int
    seconds: float
    cpu_us: dict[str, float]
    worker_megabytes: float

    @property
    def per_second(self) -> float:
        return self.items / self.seconds

    @property
    def total_cpu_us(self) -> float:
        return sum(self.cpu_us.values())


def take_turns(
    entrants: Sequence[Entrant], servers: Servers, items: int, rounds: int, say: Callable[[str], None]
) -> list[Turn]:
    """`rounds` jobs of `items` each, one entrant after the other, so that a slow minute slows all alike."""
    turns = []
    for number in range(rounds):
        for entrant in entrants:
            turn = _turn(entrant, servers, items)
            say(
                f"  round {number + 1}/{rounds}  {entrant.name:<34}{turn.per_second:8,.0f} items/s"
                f"{turn.total_cpu_us:8,.0f} µs CPU an item"
            )
            turns.append(turn)
    return turns


def _turn(entrant: Entrant, servers: Servers, items: int) -> Turn:
    with entrant.enter(servers) as (run, pids):
        run(f"warm-up-{uuid4().hex[:8]}", WARM_UP_ITEMS)
        meter = Meter(pids)
        before = meter.cpu_seconds()
        seconds = run(f"job-{uuid4().hex[:8]}", items)
        after = meter.cpu_seconds()
        cpu = {role: (after[role] - before[role]) * 1e6 / items for role in ROLES if role in after}
        return Turn(entrant.name, items, seconds, cpu, max(meter.resident_megabytes("worker"), default=0.0))


def summary(entrants: Sequence[Entrant], turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Medians of each entrant, the fastest first."""
    rows = [_row(entrant, [turn for turn in turns if turn.entrant == entrant.name]) for entrant in entrants]
    return sorted(rows, key=lambda row: -row["items_per_second"])


def _row(entrant: Entrant, turns: Sequence[Turn]) -> dict[str, Any]:
    speeds = [turn.per_second for turn in turns]
    return {
        "name": entrant.name,
        "keeps": entrant.keeps,
        "stores": entrant.stores,
        "items_per_second": statistics.median(speeds),
        "slowest": min(speeds),
        "fastest": max(speeds),
        "cpu_us": {role: statistics.median(turn.cpu_us[role] for turn in turns) for role in turns[0].cpu_us},
        "total_cpu_us": statistics.median(turn.total_cpu_us for turn in turns),
        "worker_megabytes": statistics.median(turn.worker_megabytes for turn in turns),
        "turns": [asdict(turn) for turn in turns],
    }


@contextlib.contextmanager
def with_servers(servers: Servers, run: Run, **pids: list[int]) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    """An entrant's own processes together with the servers that it uses."""
    database = [pid for name, pid in servers.pids.items() if name in ("mongo", "redis")]
    yield run, {"broker": [servers.pids["rabbitmq"]], "database": database, **pids}
