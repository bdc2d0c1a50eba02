"""Asinflow as an entrant: every service as its own process, the collectors with a source that answers at once."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

import httpx

from bench.pipeline.contest import Entrant, Run, with_servers
from bench.programs import BenchError
from bench.servers import Servers
from bench.services import services

COLLECTORS = 2
LONGEST_SECONDS = 240.0
ENDED = ("completed", "failed", "cancelled")


def ours(collectors: int = COLLECTORS, *, analysing: bool = False) -> Entrant:
    """`analysing` works out what each product would earn and tells of profitable ones, which no other entrant does."""
    keeps = "nothing lost, every item counted once; product, observation, price point and outcome stored"
    name = "Asinflow, with profit analysis" if analysing else "Asinflow"
    return Entrant(name, keeps, stores=True, enter=lambda servers: _entered(servers, collectors, analysing=analysing))


@contextlib.contextmanager
def _entered(servers: Servers, collectors: int, *, analysing: bool) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    modules = {
        **{name: f"services.{name}" for name in ("api", "expander", "aggregator", "sweeper")},
        **{f"collector-{n}": "bench.pipeline.noop" for n in range(1, collectors + 1)},
    }
    with services(servers, modules) as running, running.client("bench") as client:
        workers = [pid for name, pid in running.pids.items() if name != "api"]
        run = _runner(client, analysing=analysing)
        with with_servers(servers, run, worker=workers, submitter=[running.pids["api"]]) as entered:
            yield entered


def _runner(client: httpx.Client, *, analysing: bool) -> Run:
    used = 0

    def run(job: str, items: int) -> float:
        """New products each time, so that none is reused."""
        nonlocal used
        asins = [f"B{number:09d}" for number in range(used, used + items)]
        used += items
        started = time.perf_counter()
        request = {"type": "BULK_ASIN", "asins": asins, "settings": {"auto_analyze": analysing}}
        answer = client.post("/v1/jobs", json=request, headers={"Idempotency-Key": job})
        answer.raise_for_status()
        _follow(client, answer.json()["id"])
        return time.perf_counter() - started

    return run


def _follow(client: httpx.Client, job_id: str) -> None:
    """Return when the job has completed, as its events tell; the peers' submitters are told by Redis."""
    with client.stream("GET", f"/v1/jobs/{job_id}/events", timeout=LONGEST_SECONDS) as events:
        events.raise_for_status()
        event, job = "", {}
        for line in events.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event in ENDED:
                job = json.loads(value)
                break
    if event != "completed" or job["success_count"] != job["total_items"]:
        raise BenchError(f"{job_id} did not complete: {event or 'no event'}, {job.get('error_count')} errors")
