"""Who collects the pages: each does a list of products when told, in one process whose CPU time counts."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.collecting.result import BARE, OURS, SCRAPY
from bench.feeding import feed
from bench.programs import PEERS, program, said, tell
from bench.servers import Servers
from bench.services import services
from deploy.local.folder import ROOT
from deploy.local.storefront.asins import nth_asin

# No product is asked for twice: all that is stored is new.
_numbers = itertools.count(1_000)


@dataclass(frozen=True)
class Contestant:
    """`collect` returns once all of these products are stored, or parsed where nothing is stored."""

    name: str
    pid: int
    collect: Callable[[Sequence[str]], None]


@contextlib.contextmanager
def shop(servers: Servers) -> Iterator[tuple[str, Callable[[str], None]]]:
    """The address of the pages, and a way to say in which encoding they are sent from now on."""
    log = servers.log("pages")
    with program([sys.executable, "-m", "bench.collecting.pages"], {}, log, talks=True) as process:
        address = said(process, log)

        def encode(encoding: str) -> None:
            tell(process, encoding)
            said(process, log)

        yield address, encode


@contextlib.contextmanager
def collector(servers: Servers, address: str, **settings: str) -> Iterator[Contestant]:
    """One collector process, fed over RabbitMQ."""
    modules = {"collector": "services.collector"}
    with services(servers, modules, ASINFLOW_UPSTREAM_URL=address, **settings) as running:

        def collect(asins: Sequence[str]) -> None:
            feed(servers, asins)

        yield Contestant(OURS, running.pids["collector"], collect)


@contextlib.contextmanager
def scrapy(servers: Servers, address: str) -> Iterator[Contestant]:
    environment = {"MONGO_URL": servers.endpoints["MONGO_URL"], "PYTHONPATH": str(ROOT)}
    with _told(
        SCRAPY, [str(PEERS / "bin" / "python"), "-m", "bench.peers.scrapy_app"], environment, servers, address
    ) as contestant:
        yield contestant


@contextlib.contextmanager
def bare(servers: Servers, address: str) -> Iterator[Contestant]:
    with _told(BARE, [sys.executable, "-m", "bench.collecting.bare"], {}, servers, address) as contestant:
        yield contestant


@contextlib.contextmanager
def _told(
    name: str, command: Sequence[str], environment: dict[str, str], servers: Servers, address: str
) -> Iterator[Contestant]:
    """A program that reads lists of products from its standard input."""
    log: Path = servers.log(name.replace(" ", "-"))
    with program(command, environment, log, talks=True) as process:
        said(process, log)

        def collect(asins: Sequence[str]) -> None:
            tell(process, " ".join((address, *asins)))
            said(process, log)

        yield Contestant(name, process.pid, collect)


def fresh_asins(number: int) -> list[str]:
    return [nth_asin(each) for each in itertools.islice(_numbers, number)]
