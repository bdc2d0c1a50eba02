"""The system under attack, with a record of everything that was done to it."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.local import rabbitctl
from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.collector.queues import collect_queue
from services.expander.queues import JOB_NEWS, JOB_SUBMITTED
from shared.amazon.marketplaces import MARKETPLACES
from shared.retry import DELAYS
from shared.topology import retry_queue
from tests.e2e.system import System

WORK_QUEUES = [
    *(queue.name for queue in (JOB_SUBMITTED, JOB_NEWS, ITEMS_FINISHED, JOB_EXPANDED)),
    *(collect_queue(marketplace).name for marketplace in MARKETPLACES),
]
RETRY_QUEUES = [retry_queue(seconds).name for seconds in DELAYS]


@dataclass(frozen=True)
class Freeze:
    """From when until when a program did not move, in seconds since the epoch."""

    name: str
    since: float
    until: float


@dataclass
class Arena:
    """What faults need, and what they leave for the verdict."""

    system: System
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    freezes: list[Freeze] = field(default_factory=list)
    malformed: set[str] = field(default_factory=set)

    @property
    def amqp_url(self) -> str:
        return self.system.endpoints["AMQP_URL"]

    def kill(self, name: str) -> None:
        """SIGKILL, if it runs at the moment; the supervisor brings it back."""
        if self._signal(name, signal.SIGKILL):
            self.kills[name] += 1

    def terminate(self, name: str) -> None:
        """SIGTERM, as a rolling restart does it; the supervisor brings it back."""
        if self._signal(name, signal.SIGTERM):
            self.stops[name] += 1

    def _signal(self, name: str, number: signal.Signals) -> bool:
        try:
            self.system.signal(name, number)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """A program that does not move while the block runs."""
        since, frozen = time.time(), self._signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            if frozen:
                self.freezes.append(Freeze(name, since, time.time()))
                self._signal(name, signal.SIGCONT)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """A program that is taken down in order and stays down while the block runs."""
        self.system.stop(name)
        try:
            yield
        finally:
            self.system.start(name)

    def pause(self, low: float, high: float) -> None:
        """Let the damage last: a length of it is part of the fault."""
        time.sleep(self.chance.uniform(low, high))

    def broker(self, *arguments: str) -> None:
        """Run `rabbitmqctl` on the first node; a broker that is just not there has nothing to be told."""
        try:
            rabbitctl.run(self.system.folder, *arguments)
        except subprocess.CalledProcessError as error:
            if b"running" not in error.stderr and b"connect" not in error.stderr:
                raise
