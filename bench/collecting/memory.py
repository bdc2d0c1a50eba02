"""What a page in flight costs a collector in memory: its peak with so many requests under way, against their number."""

from __future__ import annotations

import statistics

import psutil

from bench.collecting.contest import collector, fresh_asins
from bench.collecting.result import Memory, Peak
from bench.servers import Servers
from bench.services import forget_peak, peak_bytes

PAGES_EACH = 3


def memory(servers: Servers, address: str, in_flight: tuple[int, ...]) -> Memory:
    """Megabytes: idle, at the peak by number in flight, and what each page in flight adds (least squares)."""
    rows = [_row(servers, address, number) for number in in_flight]
    slope = statistics.linear_regression(in_flight, [row["peak_megabytes"] for row in rows]).slope
    return {"rows": rows, "megabytes_per_page_in_flight": slope, "idle_megabytes": rows[0]["idle_megabytes"]}


def _row(servers: Servers, address: str, number: int) -> Peak:
    with collector(servers, address, ASINFLOW_CONCURRENCY=str(number)) as contestant:
        idle = psutil.Process(contestant.pid).memory_info().rss
        forget_peak(contestant.pid)
        contestant.collect(fresh_asins(max(16, PAGES_EACH * number)))
        return {"in_flight": number, "idle_megabytes": idle / 1e6, "peak_megabytes": peak_bytes(contestant.pid) / 1e6}
