"""The section of docs/performance.md on growth, with what a cluster would come to. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.growth.judge import judged
from bench.growth.model import INTERVAL_SECONDS, Bound, Need, bound, need
from bench.growth.result import PROCESSES, Result, Turn, cpu, per_second
from bench.growth.show import crowds, sizes
from bench.markdown import prose, table
from bench.plots import Plots
from bench.targets import Target, figure

__all__ = ["TITLE", "Result", "render", "targets"]

TITLE = "Growth"
# Items per second for which the needs of a cluster are worked out.
RATES = (10.0, 100.0, 1_000.0, 10_000.0)
NODES = 3
HEAD = ("pages/s", "lines of the pace", "collectors", "expanders", "aggregators", "broker's cores", "database's cores")


def targets(result: Result) -> list[Target]:
    return judged(result["sizes"])


def render(result: Result, plots: Plots) -> str:
    return prose(
        "growth",
        collectors=str(result["collectors"]),
        cores=str(result["cores"]),
        sizes=sizes(result["sizes"], plots),
        crowds=crowds(result["crowds"]),
        teams=_teams(result, plots),
        **_cluster(result),
    )


def _by_team(result: Result) -> dict[int, list[Turn]]:
    counts = sorted({turn["collectors"] for turn in result["teams"]})
    return {count: [turn for turn in result["teams"] if turn["collectors"] == count] for count in counts}


def costs(turns: Sequence[Turn]) -> dict[str, float]:
    """Microseconds of CPU per item by process."""
    return {name: cpu(turns, name) for name in PROCESSES}


def _teams(result: Result, plots: Plots) -> str:
    teams = _by_team(result)
    bounds = {count: bound(costs(turns), count, result["cores"]) for count, turns in teams.items()}
    rows = [_team(count, turns, bounds[count]) for count, turns in teams.items()]
    series = {
        "measured": [(float(count), per_second(turns)) for count, turns in teams.items()],
        "bound by CPU": [(float(count), one.per_second) for count, one in bounds.items()],
    }
    drawn = plots.lines("collectors", "Collectors, measured and as the model has it", "collectors", "items/s", series)
    return f"{table(('collectors', 'items/s', 'slowest – fastest', 'bound', 'reached', 'bound by'), rows)}\n\n{drawn}"


def _team(count: int, turns: Sequence[Turn], one: Bound) -> tuple[str, ...]:
    speeds = [per_second([turn]) for turn in turns]
    measured = per_second(turns)
    return (
        str(count),
        figure(measured),
        f"{figure(min(speeds))} – {figure(max(speeds))}",
        figure(one.per_second),
        f"{measured / one.per_second:.0%}",
        one.reason,
    )


def _cluster(result: Result) -> dict[str, str]:
    """The figures of the text: what one core carried, and what rates ask for."""
    teams = _by_team(result)
    cost = costs(teams[max(teams)])
    carried = {name: figure(1e6 / cost[name]) for name in ("broker", "database", "aggregator", "expander")}
    return {
        **carried,
        "interval": f"{INTERVAL_SECONDS:.0f}",
        "line": f"{1 / INTERVAL_SECONDS:.1f}",
        "page": f"{result['page_ms']:.0f}",
        "passing": figure(cost["collector"] / 1000),
        "nodes": str(NODES),
        "needs": table(HEAD, [_needed(need(cost, rate, result["page_ms"])) for rate in RATES]),
    }


def _needed(one: Need) -> tuple[str, ...]:
    processes = (one.per_second, one.lines, one.collectors, one.expanders, one.aggregators)
    return (*map(figure, processes), f"{NODES} × {figure(one.broker)}", figure(one.database))
