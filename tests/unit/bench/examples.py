"""Made-up results, one of each part, as small as their shape allows."""

from __future__ import annotations

from typing import Any

from bench.growth.result import PROCESSES
from bench.pipeline.result import ANALYSING, INDEXED, LIMIT, OURS
from tests.unit.bench.collecting_examples import collecting, latency, pace

ROLES = ("worker", "broker", "database", "submitter")


def row(name: str, per_second: float, *, kind: str = "peer", stores: bool = True, cpu: float = 100.0) -> dict[str, Any]:
    turn = {
        "items": 1000,
        "seconds": 1.5,
        "cpu_us": dict.fromkeys(ROLES, cpu),
        "worker_megabytes": 80.0,
        "workers_megabytes": 200.0,
    }
    return {
        "name": name,
        "kind": kind,
        "stores": stores,
        "keeps": "late acknowledgement, confirms; a redelivery counts twice",
        "items_per_second": per_second,
        "slowest": per_second - 10,
        "fastest": per_second + 10,
        "cpu_us": dict.fromkeys(ROLES, cpu),
        "total_cpu_us": cpu * len(ROLES),
        "worker_megabytes": 80.0,
        "workers_megabytes": 200.0,
        "turns": [turn],
    }


def contest(*rows: dict[str, Any], synced: bool = True) -> dict[str, Any]:
    return {"synced": synced, "items": 1000, "rounds": 1, "rows": list(rows)}


def pipeline() -> dict[str, Any]:
    synced = contest(
        row(OURS, 2000.0, kind="ours", cpu=150.0),
        row(ANALYSING, 1800.0, kind="ours", cpu=170.0),
        row("Celery chord", 300.0),
        row("Dramatiq counter, confirms", 900.0),
        row("Dramatiq counter", 1600.0),
        row("Dramatiq counter, confirms, nothing stored", 1100.0, stores=False),
        row(LIMIT, 5000.0, kind="limit", cpu=110.0),
        row(INDEXED, 4000.0, kind="limit", cpu=130.0),
    )
    unsynced = contest(row(OURS, 2500.0, kind="ours"), row("Celery chord", 310.0), synced=False)
    return {"workers": 2, "documents": {"products": 1200}, "contests": [synced, unsynced]}


def turn(items: int, seconds: float, *, jobs: int = 1, collectors: int = 2, megabytes: float = 60.0) -> dict[str, Any]:
    return {
        "items": items,
        "jobs": jobs,
        "repeats": 1,
        "collectors": collectors,
        "seconds": seconds,
        "cpu_us": dict.fromkeys(PROCESSES, 100.0),
        "peak_megabytes": dict.fromkeys(PROCESSES, megabytes),
        "database_bytes": 4_000_000,
        "broker_bytes": 2_000_000,
    }


def growth() -> dict[str, Any]:
    return {
        "cores": 2,
        "collectors": 2,
        "page_ms": 53.0,
        "sizes": [turn(100, 0.2), turn(1000, 1.0), turn(10_000, 10.0)],
        "crowds": [turn(1000, 1.0), turn(100, 1.1, jobs=10)],
        "teams": [turn(1000, 1.2, collectors=1), turn(1000, 1.0, collectors=2)],
    }


def parse() -> dict[str, Any]:
    times = {"median": 0.02, "fastest": 0.019, "slowest": 0.03}
    lag = {"median": 0.0001, "p99": 0.001, "longest": 0.01}
    shape = {"page_bytes": 1_500_000, "selectors": 20, "runs": 3, "pages_meanwhile": 12}
    return {**shape, "full": {**times, "median": 0.028}, "bare": times, "idle": lag, "parsing": lag}


def million() -> dict[str, Any]:
    return {"turns": [turn(1000, 1.0), turn(1_000_000, 1000.0), turn(1000, 1.0)]}


EXAMPLES = {
    "pipeline": pipeline,
    "growth": growth,
    "collecting": collecting,
    "pace": pace,
    "latency": latency,
    "parse": parse,
    "million": million,
}
