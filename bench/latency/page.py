"""The section of docs/performance.md on latency. Pure."""

from __future__ import annotations

from bench.latency.result import Crowd, Result, Spread
from bench.markdown import table
from bench.plots import Plots
from bench.targets import Target, at_most, figure

__all__ = ["TITLE", "Result", "render", "targets"]

TITLE = "Latency"
MOST_END_SECONDS = 0.25
MOST_SLOWER = 0.05
JOURNEYS = {
    "first_product_stored": "submitted → first product stored",
    "first_product_visible": "submitted → first product seen on the stream",
    "end_visible": "last product finished → COMPLETED seen on the stream",
}


def targets(result: Result) -> list[Target]:
    end, crowd = result["under_load"]["end_visible"], result["crowd"]
    most = 1e3 * MOST_END_SECONDS
    return [
        at_most("last product finished → COMPLETED seen, p99 under load", 1e3 * end["p99"], most, "ms"),
        at_most(
            f"collecting slower by {crowd['listeners']:,} listeners", 100 * crowd["slower"], 100 * MOST_SLOWER, "%"
        ),
    ]


def render(result: Result, plots: Plots) -> str:
    del plots  # pairs of figures, which a table shows best
    lines = [
        (JOURNEYS[name], told, *_times(result[kind][name]))
        for name in JOURNEYS
        for kind, told in (("alone", "no"), ("under_load", "yes"))
    ]
    lines += [
        ("progress told → seen on the stream", "yes", *_times(result["load"]["progress_lag"])),
        ("cancelled → last request at the shop", "no", *_times(result["cancel_to_last_fetch"])),
    ]
    rates = [
        (name, figure(each["per_second"]), figure(each["api_cpu_us"]), *_times(each["taken"])[:2])
        for name, each in result["api"].items()
    ]
    return (
        "Jobs of ten products, the pace off. Under load another user's job goes on, which one collector with a source "
        f"that answers at once works off as fast as it can ({figure(result['load']['items_per_second'])} items/s).\n\n"
        f"{table(('', 'under load', 'p50 ms', 'p99 ms', 'measured'), lines)}\n\n"
        "One API process, 16 connections:\n\n"
        f"{table(('request', 'per second', 'µs CPU of the API', 'p50 ms', 'p99 ms'), rates)}\n\n"
        f"{_crowd(result['crowd'])}"
    )


def _crowd(crowd: Crowd) -> str:
    return (
        f"**{crowd['listeners']:,} listeners** to one job whose pages of 1.5 MB a collector fetches: "
        f"{figure(crowd['followed_pages_per_second'])} pages/s in place of {figure(crowd['alone_pages_per_second'])}, "
        f"{crowd['slower']:.1%} slower. {figure(crowd['frames_per_second'])} events/s are sent for "
        f"{figure(crowd['api_cpu_us_per_frame'])} µs of CPU time each, and seen {_times(crowd['lag'])[0]} ms (p50) and "
        f"{_times(crowd['lag'])[1]} ms (p99) after they were made: progress rests for 5 ms a stream of the "
        "process, lest a crowd slow the collecting down, an end does not."
    )


def _times(seconds: Spread) -> tuple[str, str, str]:
    return figure(1e3 * seconds["p50"]), figure(1e3 * seconds["p99"]), str(seconds["count"])
