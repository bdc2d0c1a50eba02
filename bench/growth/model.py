"""What bounds the throughput, worked out of the CPU that an item costs each process. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MICRO = 1_000_000
# Of the pace as it is set by default: seconds between two requests to one marketplace by one way out.
INTERVAL_SECONDS = 2.0
# A process of ours uses one core at most; of these, one does all of a kind of work unless more are started.
SINGLE = ("expander", "aggregator")


@dataclass(frozen=True)
class Bound:
    """At most so many items a second, because of this."""

    per_second: float
    reason: str


def bound(costs: Mapping[str, float], collectors: int, cores: int) -> Bound:
    """On one machine that everything shares; `costs` are microseconds of CPU per item by process."""
    bounds = [
        Bound(cores * MICRO / sum(costs.values()), "the machine's cores"),
        Bound(collectors * MICRO / costs["collector"], "the collectors"),
        *(Bound(MICRO / costs[name], f"the {name}") for name in SINGLE if costs[name] > 0),
    ]
    return min(bounds, key=lambda one: one.per_second)


@dataclass(frozen=True)
class Need:
    """What a rate asks for: lines of the pace (marketplaces times ways out), and cores or processes of each kind."""

    per_second: float
    lines: float
    collectors: float
    expanders: float
    aggregators: float
    broker: float
    database: float


def need(costs: Mapping[str, float], per_second: float, page_ms: float) -> Need:
    """Cores at full load; whoever builds it leaves room. Nodes of a broker's quorum each do the broker's work once."""
    cores = {name: cost * per_second / MICRO for name, cost in costs.items()}
    return Need(
        per_second=per_second,
        lines=per_second * INTERVAL_SECONDS,
        collectors=cores["collector"] + per_second * page_ms / 1000,
        expanders=cores["expander"],
        aggregators=cores["aggregator"],
        broker=cores["broker"],
        database=cores["database"],
    )
