"""All of Asinflow with collectors whose source answers at once, given jobs of any size and number."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from bench.growth.result import Turn
from bench.meter import Meter
from bench.programs import BenchError
from bench.servers import Servers
from bench.services import Running, forget_peak, peak_bytes, services

DATABASE = "asinflow"
LONGEST_SECONDS = 3_600.0
LOOK_SECONDS = 0.05
# Requests that are under way at once when many jobs are submitted.
SUBMITTERS = 8
# A list of so many products is uploaded.
UPLOADED = 20_000
ENDED = ("COMPLETED", "FAILED", "CANCELLED")


@dataclass
class System:
    """Never collects the same product twice, so that no observation is used again."""

    running: Running
    collectors: int
    used: int = 0

    def turn(self, items: int, *, jobs: int = 1, repeats: int = 1) -> Turn:
        """`repeats` times `jobs` at once, each of `items` and of a user of its own."""
        pids = self._pids()
        meter = Meter(pids)
        for pid in (pid for each in pids.values() for pid in each):
            forget_peak(pid)
        before, started = meter.cpu_seconds(), time.perf_counter()
        for _ in range(repeats):
            self.run(items, jobs)
        seconds, after = time.perf_counter() - started, meter.cpu_seconds()
        data = self.running.servers.folder.data
        return {
            "items": items,
            "jobs": jobs,
            "repeats": repeats,
            "collectors": self.collectors,
            "seconds": seconds,
            "cpu_us": {name: (after[name] - before[name]) * 1e6 / (items * jobs * repeats) for name in pids},
            "peak_megabytes": {name: max(map(peak_bytes, each)) / 1e6 for name, each in pids.items()},
            "database_bytes": _occupied(data / "mongo"),
            "broker_bytes": _occupied(data / "rabbitmq"),
        }

    def run(self, items: int, jobs: int = 1) -> None:
        """Submit the jobs and wait until all have completed. Raises BenchError when one does not."""
        lists = [self._fresh(items) for _ in range(jobs)]
        with self.running.client("bench") as client, ThreadPoolExecutor(SUBMITTERS) as submitters:
            ids = list(submitters.map(lambda n: self._submit(client, f"user-{n}", lists[n]), range(jobs)))
        self._wait(set(ids))

    def _fresh(self, items: int) -> list[str]:
        first, self.used = self.used, self.used + items
        return [f"B{number:09d}" for number in range(first, self.used)]

    def _submit(self, client: httpx.Client, user: str, asins: list[str]) -> str:
        """In the request itself or, when there are many, as a file of lines, which the API reads as it arrives."""
        headers = {"Authorization": f"Bearer {self.running.token(user)}"}
        if len(asins) < UPLOADED:
            answer = client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": asins}, headers=headers)
        else:
            headers["Content-Type"] = "text/plain"
            answer = client.post("/v1/jobs", content="\n".join(asins).encode(), headers=headers)
        return str(answer.raise_for_status().json()["id"])

    def _wait(self, pending: set[str]) -> None:
        """Looks into the database: asking the API would cost it more the more jobs there are."""
        deadline = time.monotonic() + LONGEST_SECONDS
        fields = {"status": 1, "success_count": 1, "total_items": 1}
        with MongoClient[dict[str, Any]](self.running.servers.endpoints["MONGO_URL"]) as client:
            jobs = client[DATABASE]["jobs"]
            while pending:
                if time.monotonic() > deadline:
                    raise BenchError(f"{len(pending)} jobs not completed after {LONGEST_SECONDS:.0f} s")
                time.sleep(LOOK_SECONDS)
                for job in jobs.find({"_id": {"$in": list(pending)}, "status": {"$in": ENDED}}, fields):
                    if job["status"] != "COMPLETED" or job["success_count"] != job["total_items"]:
                        raise BenchError(f"a job ended {job['status']} with {job['success_count']} successes")
                    pending.discard(job["_id"])

    def _pids(self) -> dict[str, list[int]]:
        """Collectors count as one; what a server has started belongs to it."""
        own: dict[str, list[int]] = {}
        for name, pid in self.running.pids.items():
            own.setdefault(name.partition("-")[0], []).append(pid)
        servers = self.running.servers.pids
        return {**own, "broker": [servers["rabbitmq"]], "database": [servers["mongo"]]}


@contextlib.contextmanager
def system(servers: Servers, collectors: int) -> Iterator[System]:
    modules = {name: f"services.{name}" for name in ("api", "expander", "aggregator", "sweeper")}
    modules |= {f"collector-{n}": "bench.pipeline.noop" for n in range(1, collectors + 1)}
    with services(servers, modules) as running:
        yield System(running, collectors)


def _occupied(folder: Path) -> int:
    """Bytes on the disk, which are fewer than a file's length when nothing was written into some of it."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # the server clears up meanwhile
            total += file.lstat().st_blocks * 512
    return total
