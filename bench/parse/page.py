"""The section of docs/performance.md on reading pages. Pure."""

from __future__ import annotations

from typing_extensions import TypedDict

from bench.markdown import table
from bench.plots import Plots
from bench.targets import Target, at_most

TITLE = "Reading a page"
MOST_TIMES_BARE = 1.5


class Times(TypedDict):
    """Seconds of one reading."""

    median: float
    fastest: float
    slowest: float


class Lag(TypedDict):
    """Seconds by which sleeps of one millisecond overslept."""

    median: float
    p99: float
    longest: float


class Result(TypedDict):
    page_bytes: int
    selectors: int
    runs: int
    full: Times
    bare: Times
    idle: Lag
    parsing: Lag
    pages_meanwhile: int


def ratio(result: Result) -> float:
    """How many times the bare parse the full one takes."""
    return result["full"]["median"] / result["bare"]["median"]


def targets(result: Result) -> list[Target]:
    return [at_most("reading every field over a bare parse with 20 selectors", ratio(result), MOST_TIMES_BARE)]


def render(result: Result, plots: Plots) -> str:
    del plots  # two figures need none
    times = [
        (name, *(_milliseconds(result[key][each]) for each in ("median", "fastest", "slowest")))
        for name, key in (("every field", "full"), (f"bare parse, {result['selectors']} selectors", "bare"))
    ]
    lag = [
        (name, *(_milliseconds(result[key][each]) for each in ("median", "p99", "longest")))
        for name, key in (("idle", "idle"), ("while a thread parses", "parsing"))
    ]
    return (
        f"A page of {result['page_bytes'] / 1e6:.1f} MB, {result['runs']} runs of each by turns. "
        f"Every field over the bare parse: **{ratio(result):.2f} ×**.\n\n"
        f"{table(('reading', 'median ms', 'fastest', 'slowest'), times)}\n\n"
        "Pages are read in a thread of their own; by how much sleeps of 1 ms on the event loop overslept meanwhile "
        f"({result['pages_meanwhile']} pages):\n\n{table(('event loop', 'median ms', '99 %', 'longest'), lag)}"
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"
