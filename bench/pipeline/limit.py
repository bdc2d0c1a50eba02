"""What no pipeline can undercut, as entrants: the same messages passed on, the same documents written, nothing else."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.pipeline.contest import Entrant, Run, with_servers
from bench.pipeline.result import INDEXED, LIMIT
from bench.programs import program, said, tell
from bench.servers import Servers


@dataclass(frozen=True)
class Limit:
    """`does` is any of `pass` (publish and consume), `write` and `index` (keep the product's indexes while writing)."""

    name: str
    does: tuple[str, ...]


LIMITS = (
    Limit("raw publish + consume", ("pass",)),
    Limit("raw bulk write", ("write",)),
    Limit(LIMIT, ("pass", "write")),
    Limit(INDEXED, ("pass", "write", "index")),
)


def limit(one: Limit, sampled: Path) -> Entrant:
    """`sampled` is a file of `bench.pipeline.sample.Sample`."""
    stores = "write" in one.does
    return Entrant(one.name, "nothing", stores, lambda servers: _entered(servers, one.does, sampled), "limit")


@contextlib.contextmanager
def _entered(servers: Servers, does: tuple[str, ...], sampled: Path) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    environment = {name: servers.endpoints[name] for name in ("AMQP_URL", "MONGO_URL")} | {"SAMPLE": str(sampled)}
    log = servers.log("limit")
    command = [sys.executable, "-m", "bench.pipeline.limit_program"]
    with (
        program([*command, "work", *does], environment, log, talks=True) as worker,
        program([*command, "submit", *does], environment, log, talks=True) as submitter,
    ):
        said(worker, log)
        said(submitter, log)

        def run(job: str, items: int) -> float:
            started = time.perf_counter()
            tell(worker, f"{job} {items}")
            tell(submitter, f"{job} {items}")
            said(submitter, log)
            said(worker, log)
            return time.perf_counter() - started

        with with_servers(servers, run, worker=[worker.pid], submitter=[submitter.pid]) as entered:
            yield entered
