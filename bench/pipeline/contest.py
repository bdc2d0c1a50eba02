"""Contestants take turns on the same servers; what each turn took is kept for medians and spread."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pymongo import MongoClient

from bench.meter import Meter
from bench.pipeline.result import Kind, Row, Turn
from bench.servers import Servers

WARM_UP_ITEMS = 200
# Of Asinflow, the peers and the raw limit.
DATABASES = ("asinflow", "peers", "limit")
# Does so many items and returns the seconds from submission until all are known to be done.
Run = Callable[[str, int], float]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Entrant:
    """What takes part: `enter` starts it and gives a way to run a job, with the process ids of each role."""

    name: str
    keeps: str
    stores: bool
    enter: Callable[[Servers], AbstractContextManager[tuple[Run, dict[str, list[int]]]]]
    kind: Kind = "ours"


def take_turns(entrants: Sequence[Entrant], servers: Servers, items: int, rounds: int, say: Say) -> list[Row]:
    """`rounds` jobs of `items` each, one entrant after the other, so that a slow minute slows all alike.

    Whoever began a round is the last of the next; who is named several times takes as many turns in each. The medians,
    the fastest entrant first.
    """
    turns: dict[str, list[Turn]] = {entrant.name: [] for entrant in entrants}
    for number in range(rounds):
        first = number % len(entrants)
        for entrant in (*entrants[first:], *entrants[:first]):
            turn = _turn(entrant, servers, items)
            turns[entrant.name].append(turn)
            say(f"   {number + 1}/{rounds}  {entrant.name:<38}{_shown(turn)}")
    rows = [_row(entrant, turns[entrant.name]) for entrant in {entrant.name: entrant for entrant in entrants}.values()]
    return sorted(rows, key=lambda row: -row["items_per_second"])


def _turn(entrant: Entrant, servers: Servers, items: int) -> Turn:
    """On an empty database: nobody works among what others have left, and no product is known already."""
    empty(servers)
    with entrant.enter(servers) as (run, pids):
        run(f"warm-up-{uuid4().hex[:8]}", WARM_UP_ITEMS)
        meter = Meter(pids)
        before = meter.cpu_seconds()
        seconds = run(f"job-{uuid4().hex[:8]}", items)
        after = meter.cpu_seconds()
        memory = meter.resident_megabytes("worker")
    return {
        "items": items,
        "seconds": seconds,
        "cpu_us": {role: (after[role] - before[role]) * 1e6 / items for role in after},
        "worker_megabytes": max(memory, default=0.0),
        "workers_megabytes": sum(memory),
    }


def empty(servers: Servers) -> None:
    """Drop all that entrants have stored."""
    with MongoClient[dict[str, Any]](servers.endpoints["MONGO_URL"]) as client:
        for name in DATABASES:
            client.drop_database(name)


def _shown(turn: Turn) -> str:
    return f"{turn['items'] / turn['seconds']:8,.0f} items/s{sum(turn['cpu_us'].values()):8,.0f} µs CPU an item"


def _row(entrant: Entrant, turns: list[Turn]) -> Row:
    speeds = [turn["items"] / turn["seconds"] for turn in turns]
    return {
        "name": entrant.name,
        "kind": entrant.kind,
        "stores": entrant.stores,
        "keeps": entrant.keeps,
        "items_per_second": statistics.median(speeds),
        "slowest": min(speeds),
        "fastest": max(speeds),
        "cpu_us": {role: statistics.median(turn["cpu_us"][role] for turn in turns) for role in turns[0]["cpu_us"]},
        "total_cpu_us": statistics.median(sum(turn["cpu_us"].values()) for turn in turns),
        "worker_megabytes": statistics.median(turn["worker_megabytes"] for turn in turns),
        "workers_megabytes": statistics.median(turn["workers_megabytes"] for turn in turns),
        "turns": turns,
    }


@contextlib.contextmanager
def with_servers(servers: Servers, run: Run, **pids: list[int]) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    """An entrant's own processes together with the servers that it uses."""
    database = [pid for name, pid in servers.pids.items() if name in ("mongo", "redis")]
    yield run, {"broker": [servers.pids["rabbitmq"]], "database": database, **pids}
