"""A thousand listeners to one job, and what they take from its collecting."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from pymongo import MongoClient

from bench.collecting.contest import fresh_asins
from bench.latency.result import Crowd
from bench.latency.user import submit
from bench.meter import Meter
from bench.programs import BenchError, program, said, tell, wait_until
from bench.services import Running

USER = "followed"
_NOBODY = {"frames": 0, "lag": None}


def fan_out(everything: Running, collector: int, *, pages: int, listeners: int, rounds: int) -> Crowd:
    """Pages a second with and without listeners, in turns; `collector` is the process id of the only collector."""
    turns = []
    with _crowd(everything) as order, everything.client(USER) as api:
        for number in range(rounds + 1):
            for crowd in (0, listeners) if number % 2 else (listeners, 0):
                turn = _turn(everything, api, collector, pages, lambda job_id, crowd=crowd: order(job_id, crowd))
                turns.append({"round": number, "listeners": crowd, **turn})
    turns = [turn for turn in turns if turn["round"]]  # the first one warms up
    alone, followed = ([turn for turn in turns if bool(turn["listeners"]) is crowded] for crowded in (False, True))
    pairs = zip(alone, followed, strict=True)
    return {
        "listeners": listeners,
        "pages": pages,
        "alone_pages_per_second": _median(alone),
        "followed_pages_per_second": _median(followed),
        "slower": statistics.median(1 - f["pages_per_second"] / a["pages_per_second"] for a, f in pairs),
        "frames_per_second": statistics.median(turn["frames"] / turn["seconds"] for turn in followed),
        "api_cpu_us_per_frame": statistics.median(turn["api_cpu_seconds"] / turn["frames"] * 1e6 for turn in followed),
        "lag": max((turn["lag"] for turn in followed), key=lambda lag: lag["p99"]),
        "turns": turns,
    }


Wait = Callable[[], dict[str, Any]]


def _turn(
    everything: Running, api: httpx.Client, collector: int, pages: int, listen: Callable[[str], Wait]
) -> dict[str, Any]:
    """One job, whose collecting begins when everyone listens."""
    meter = Meter({"api": [everything.pids["api"]]})
    os.kill(collector, signal.SIGSTOP)
    try:
        job_id = submit(api, fresh_asins(pages))
        wait_until(lambda: _job(api, job_id)["status"] == "PROCESSING", "the job")
        told = listen(job_id)
        before, started = meter.cpu_seconds()["api"], time.time()
    finally:
        os.kill(collector, signal.SIGCONT)
    wait_until(lambda: _job(api, job_id)["status"] == "COMPLETED", "its end", 120.0)
    spent, seen = meter.cpu_seconds()["api"] - before, told()
    seconds = _last_outcome(everything, job_id) - started
    return {"seconds": seconds, "pages_per_second": pages / seconds, "api_cpu_seconds": spent, **_NOBODY, **seen}


def _job(api: httpx.Client, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = api.get(f"/v1/jobs/{job_id}").raise_for_status().json()
    return job


def _last_outcome(everything: Running, job_id: str) -> float:
    with MongoClient[dict[str, Any]](everything.servers.endpoints["MONGO_URL"], tz_aware=True) as client:
        last = client["asinflow"]["outcomes"].find_one({"job_id": job_id}, sort=[("processed_at", -1)])
    return float(last["processed_at"].timestamp()) if last else 0.0


@contextlib.contextmanager
def _crowd(everything: Running) -> Iterator[Callable[[str, int], Wait]]:
    """A way to let so many follow a job: returns when all of them do, with a way to hear what they saw."""
    log = everything.servers.log("listeners")
    with program([sys.executable, "-m", "bench.latency.listeners"], {}, log, talks=True) as process:
        said(process, log)

        def order(job_id: str, listeners: int) -> Wait:
            if not listeners:
                return dict
            asked = {"url": everything.url("api"), "token": everything.token(USER), "job_id": job_id}
            tell(process, json.dumps({**asked, "listeners": listeners}))
            said(process, log)
            return lambda: _told(listeners, json.loads(said(process, log)))

        yield order


def _told(listeners: int, seen: dict[str, Any]) -> dict[str, Any]:
    if seen["completed"] != listeners:
        raise BenchError(f"only {seen['completed']} of {listeners} listeners saw the end")
    return {name: seen[name] for name in _NOBODY}


def _median(turns: list[dict[str, Any]]) -> float:
    return statistics.median(turn["pages_per_second"] for turn in turns)
