"""Made-up results of the parts that collect."""

from __future__ import annotations

from typing import Any

from bench.collecting.result import BARE, OURS, SCRAPY

SECONDS = {"count": 5, "p50": 0.02, "p99": 0.09, "longest": 0.09}


def collecting() -> dict[str, Any]:
    rows = {name: _speed(speed) for name, speed in ((OURS, 90.0), (SCRAPY, 20.0), (BARE, 100.0))}
    encoding = {"rows": rows, "times_scrapy": 4.5, "share_of_bare": 0.9}
    peaks = [{"in_flight": n, "idle_megabytes": 80.0, "peak_megabytes": 100.0 + 2 * n} for n in (1, 16)]
    memory = {"rows": peaks, "megabytes_per_page_in_flight": 2.0, "idle_megabytes": 80.0}
    shape = {"page_bytes": 1_500_000, "bytes_sent": {"br": 150_000.0}, "pages_a_turn": 8, "rounds": 1}
    turn = {"round": 0, "name": OURS, "encoding": "br", "pages": 8, "seconds": 0.1, "cpu_seconds": 0.09}
    turns = [{**turn, "pages_per_core_second": 90.0}]
    return {**shape, "fields_alike": 0.99, "encodings": {"br": encoding}, "memory": memory, "turns": turns}


def _speed(speed: float) -> dict[str, float]:
    spread = {"slowest": speed - 1, "fastest": speed + 1, "pages_per_second": speed}
    return {"pages_per_core_second": speed, **spread, "cpu_milliseconds_a_page": 1000 / speed}


def pace() -> dict[str, Any]:
    row = {
        "collectors": 16,
        "share_used": 0.992,
        "least_share": 0.97,
        "most_share": 0.993,
        "too_early": 0,
        "requests": 40,
        "shortest_gap": 0.999,
        "lag_p50": 0.0005,
        "lag_p99": 0.002,
        "missed": 1,
    }
    gaps = {"shortest_gap": 0.999, "median_gap": 1.006, "longest_gap": 1.01}
    round_ = {"collectors": 16, "requests": 40, "share_used": 0.992, "too_early": 0, **gaps}
    cost = {"client_cpu_us": 400.0, "database_cpu_us": 200.0, "milliseconds": 4.0, "per_second": 900.0}
    return {
        "interval_seconds": 1.0,
        "permitted_share": 0.994,
        "rows": [row],
        "reservation": {"reservations": 800, **cost},
        "rounds": [{**round_, "lag_p50": 0.0005, "lag_p99": 0.002, "slots": {"used": 40, "missed": 1}}],
    }


def latency() -> dict[str, Any]:
    journeys = dict.fromkeys(("first_product_stored", "first_product_visible", "end_visible"), SECONDS)
    rate = {"requests": 600, "per_second": 800.0, "taken": SECONDS, "api_cpu_us": 1_100.0}
    turn = {"round": 1, "seconds": 2.0, "pages_per_second": 40.0, "api_cpu_seconds": 0.5}
    turns = [{**turn, "listeners": 0, "frames": 0, "lag": None}, {**turn, "listeners": 9, "frames": 90, "lag": SECONDS}]
    crowd = {
        "listeners": 1_000,
        "pages": 63,
        "alone_pages_per_second": 41.0,
        "followed_pages_per_second": 40.0,
        "slower": 0.024,
        "frames_per_second": 4_900.0,
        "api_cpu_us_per_frame": 60.0,
        "lag": SECONDS,
        "turns": turns,
    }
    return {
        "alone": journeys,
        "under_load": journeys,
        "load": {"items_per_second": 1_500.0, "progress_lag": SECONDS},
        "cancel_to_last_fetch": SECONDS,
        "api": {"create": rate, "get": rate},
        "crowd": crowd,
    }
