"""The section of docs/performance.md on the pace. Pure."""

from __future__ import annotations

from bench.markdown import table
from bench.pace.result import Result, Row
from bench.plots import Plots
from bench.targets import Target, at_least, at_most

__all__ = ["TITLE", "Result", "render", "targets"]

TITLE = "Pace"
LEAST_SHARE = 0.99


def targets(result: Result) -> list[Target]:
    most = result["rows"][-1]
    what = f"pace used by {most['collectors']} collectors"
    early = sum(row["too_early"] for row in result["rows"])
    return [
        at_least(what, 100 * most["share_used"], 100 * LEAST_SHARE, "%"),
        at_most("requests that came too early", early, 0, "of " + str(sum(row["requests"] for row in result["rows"]))),
    ]


def render(result: Result, plots: Plots) -> str:
    del plots  # shares so close to one another are read, not seen
    cost = result["reservation"]
    head = ("collectors", "share used", "least – most", "too early", "shortest gap", "lag p50 / p99 ms", "missed slots")
    return (
        f"One marketplace at an interval of {result['interval_seconds']:g} s while work waits, judged by the kernel's "
        "time stamps of the requests that reached the sample storefront. The share is that of the requests that the "
        f"interval permits; with the padding that keeps them apart, {result['permitted_share']:.2%} can be used. "
        "Too early is what comes more than 5 ms before the interval is over. Lag is by how much a request leaves after "
        f"its slot began.\n\n{table(head, [_row(row) for row in result['rows']])}\n\n"
        f"A reservation takes whoever asks {cost['client_cpu_us']:.0f} µs of CPU time and the database "
        f"{cost['database_cpu_us']:.0f} µs; one marketplace's document takes {cost['per_second']:,.0f} a second."
    )


def _row(row: Row) -> tuple[str, ...]:
    return (
        str(row["collectors"]),
        f"{row['share_used']:.2%}",
        f"{row['least_share']:.2%} – {row['most_share']:.2%}",
        f"{row['too_early']} of {row['requests']}",
        f"{row['shortest_gap'] * 1e3:.1f} ms",
        f"{row['lag_p50'] * 1e3:.2f} / {row['lag_p99'] * 1e3:.2f}",
        str(row["missed"]),
    )
