"""How much reading every field of a page costs over the least that reading anything off it would cost.

Both are done by turns on one page, so that a busy machine slows both. Then: how late an event loop runs while a parser
thread is never idle, against the same loop without.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.parse.loop import lags, lags_while_parsing
from bench.parse.page import Lag, Result, Times
from bench.parse.pages import SELECTORS, URL, bare, storefront_page
from shared.amazon.pages import parse

RUNS, QUICK_RUNS = 30, 10
LOOP_SECONDS, QUICK_LOOP_SECONDS = 5.0, 1.5


def measure(quick: bool, run: Path) -> Result:
    del run  # leaves nothing behind
    body = storefront_page(URL)
    return measured(body, URL, QUICK_RUNS if quick else RUNS, QUICK_LOOP_SECONDS if quick else LOOP_SECONDS)


def measured(body: bytes, url: str, runs: int, loop_seconds: float) -> Result:
    """Of any page."""
    full, least = interleaved(runs, lambda: parse(body, url=url), lambda: bare(body))
    idle = asyncio.run(lags(loop_seconds))
    busy, pages = asyncio.run(lags_while_parsing(body, url, loop_seconds))
    return {
        "page_bytes": len(body),
        "selectors": len(SELECTORS),
        "runs": runs,
        "full": _times(full),
        "bare": _times(least),
        "idle": _lag(idle),
        "parsing": _lag(busy),
        "pages_meanwhile": pages,
    }


def interleaved(runs: int, *functions: Callable[[], object]) -> list[list[float]]:
    """Seconds of every run of each function, which take turns."""
    seconds: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    gc.collect()
    for _ in range(runs):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return seconds


def _times(seconds: Sequence[float]) -> Times:
    return {"median": statistics.median(seconds), "fastest": min(seconds), "slowest": max(seconds)}


def _lag(found: Sequence[float]) -> Lag:
    return {"median": statistics.median(found), "p99": statistics.quantiles(found, n=100)[98], "longest": max(found)}
