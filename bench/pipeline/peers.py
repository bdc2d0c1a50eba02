"""The peers as entrants: two worker processes each, as their documentation starts them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import bson

from bench.pipeline.contest import Entrant, Run, with_servers
from bench.pipeline.noop import PRODUCT
from bench.programs import PEERS as ENVIRONMENT
from bench.programs import program, said, tell
from bench.servers import Servers
from deploy.local.folder import ROOT
from services.collector.products import page_document

PROCESSES = 2


@dataclasses.dataclass(frozen=True)
class Peer:
    """How a peer is started; `settings` choose one of its forms."""

    name: str
    module: str
    worker: tuple[str, ...]
    settings: dict[str, str]
    keeps: str

    def entrant(self, *, stores: bool) -> Entrant:
        name = self.name if stores else f"{self.name}, nothing stored"
        return Entrant(name, self.keeps, stores, lambda servers: _entered(self, servers, stores=stores), "peer")


_CELERY = ("celery", "-A", "bench.peers.celery_app", "worker", "-c", str(PROCESSES), "--loglevel", "WARNING")
_DRAMATIQ = ("dramatiq", "bench.peers.dramatiq_app", "--processes", str(PROCESSES), "--threads", "8")
_TASKIQ = (
    *("taskiq", "worker", "bench.peers.taskiq_app:broker", "--workers", str(PROCESSES)),
    *("--ack-type", "when_executed", "--log-level", "WARNING"),
)
_FASTSTREAM = ("faststream", "run", "bench.peers.faststream_app:app", "--workers", str(PROCESSES), "-l", "warning")

LATE = "late acknowledgement"
PEERS = (
    Peer("Celery chord", "celery_app", _CELERY, {"FORM": "chord"}, f"{LATE}; publishing not confirmed"),
    Peer("Celery counter", "celery_app", _CELERY, {"FORM": "counter"}, f"{LATE}; a redelivery counts twice"),
    Peer(
        "Dramatiq group",
        "dramatiq_app",
        _DRAMATIQ,
        {"FORM": "group", "CONFIRM": "1"},
        f"{LATE}, confirms; a redelivery counts twice",
    ),
    Peer(
        "Dramatiq counter",
        "dramatiq_app",
        _DRAMATIQ,
        {"FORM": "counter", "CONFIRM": "0"},
        f"{LATE}; publishing not confirmed; a redelivery counts twice",
    ),
    Peer(
        "Dramatiq counter, confirms",
        "dramatiq_app",
        _DRAMATIQ,
        {"FORM": "counter", "CONFIRM": "1"},
        f"{LATE}, confirms; a redelivery counts twice",
    ),
    Peer("taskiq", "taskiq_app", _TASKIQ, {}, f"{LATE}, confirms; a redelivery counts twice"),
    Peer("FastStream", "faststream_app", _FASTSTREAM, {}, f"{LATE}, confirms; a redelivery counts twice"),
)


@contextlib.contextmanager
def _entered(peer: Peer, servers: Servers, *, stores: bool) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    environment = {
        **peer.settings,
        "AMQP_URL": servers.endpoints["AMQP_URL"],
        "MONGO_URL": servers.endpoints["MONGO_URL"],
        "REDIS_URL": servers.redis_url,
        "DOCUMENT": str(_document(servers)),
        "STORE": str(int(stores)),
        "PYTHONPATH": str(ROOT),
    }
    log = servers.log(peer.module)
    with (
        program([str(ENVIRONMENT / "bin" / peer.worker[0]), *peer.worker[1:]], environment, log) as worker,
        program(
            [str(ENVIRONMENT / "bin" / "python"), "-m", f"bench.peers.{peer.module}"], environment, log, talks=True
        ) as submitter,
    ):
        said(submitter, log)

        def run(job: str, items: int) -> float:
            tell(submitter, f"{job} {items}")
            return float(said(submitter, log))

        with with_servers(servers, run, worker=[worker.pid], submitter=[submitter.pid]) as entered:
            yield entered


def _document(servers: Servers) -> Path:
    """The product that everyone stores, where the peers find it."""
    path = servers.folder.data / "product.bson"
    path.write_bytes(bson.encode(page_document(PRODUCT)))
    return path
