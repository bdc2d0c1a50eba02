"""Metrics that several services share, each declared once with what it means. Never a job id or ASIN as label.

The comment above each and its help text are its page in docs/metrics.md (`make docs`).
"""

from __future__ import annotations

import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

from shared.messages import MESSAGES

if TYPE_CHECKING:
    from shared.intake import Delivery

# Rises with every message a consumer has finished with; outcome is ok, retry, dead, or late (its job had
# ended by then).
MESSAGES_PROCESSED = Counter(
    "asinflow_messages_processed_total", "Messages finished with, by outcome", ["queue", "type", "outcome"]
)
# Time from a message's arrival in the process, where it may wait for others of its batch or for the pace, until it is
# finished with.
MESSAGE_SECONDS = Histogram(
    "asinflow_message_seconds",
    "Time a process holds a message",
    ["queue", "type"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
# Time from a message's being published until it arrives in a process, in whole seconds: as the queues are in order, the
# age of the oldest message in the queue at that moment. Grows when consumers are too few or the pace is the limit.
MESSAGE_WAIT_SECONDS = Histogram(
    "asinflow_message_wait_seconds",
    "Time a message waited in its queue",
    ["queue"],
    buckets=(1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0),
)
# Rises with every message confirmed by the broker.
MESSAGES_PUBLISHED = Counter("asinflow_messages_published_total", "Messages confirmed by the broker", ["type"])
# 1 while the process has its broker connection and consumers, else 0.
BROKER_CONNECTED = Gauge("asinflow_broker_connected", "1 while connected to RabbitMQ")
# Rises each time the broker connection had to be made anew.
BROKER_RECONNECTS = Counter("asinflow_broker_reconnects_total", "Broker connections made after the first")
# Deliveries in this process that are not yet acknowledged.
MESSAGES_IN_FLIGHT = Gauge("asinflow_messages_in_flight", "Deliveries not yet acknowledged", ["queue"])
# Time from a batch's first delivery being handed to its handler until the effects are durable.
BATCH_SECONDS = Histogram("asinflow_batch_seconds", "Time to handle one batch of messages", ["queue"])
# Rises with every job that ends, once per run: COMPLETED, FAILED or CANCELLED.
JOBS_ENDED = Counter("asinflow_jobs_ended_total", "Jobs that ended", ["status"])
# From sending a command to MongoDB to its answer; outcome is ok or error. Grows when the database is slow or far away.
DATABASE_SECONDS = Histogram(
    "asinflow_database_command_seconds",
    "Time of one command to MongoDB",
    ["command", "outcome"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0),
)
# 1 while the database answers, asked every few seconds, else 0.
DATABASE_CONNECTED = Gauge("asinflow_database_connected", "1 while MongoDB answers")
# How much later than asked for a sleeping task was woken up, four times a second: grows when the process is short of
# processor time, or when something holds up its event loop.
LOOP_LAG_SECONDS = Histogram(
    "asinflow_event_loop_lag_seconds",
    "Lateness of the event loop",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
)
# Always 1; its labels say what is running.
BUILD_INFO = Gauge("asinflow_build_info", "Version of the process", ["service", "version", "revision", "python"])


def known_type(name: str) -> str:
    """`name` if it is a type of ours: what strangers write into a message makes no series of its own."""
    return name if name in MESSAGES else "unknown"


class Limited:
    """Values of a label that others can make up: the first `most` stand for themselves, every further one is other."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value not in self._seen and len(self._seen) >= self._most:
            return "other"
        self._seen.add(value)
        return value


def settled(queue: str, deliveries: Iterable[Delivery], outcome: str) -> None:
    """Count messages that their consumer has finished with."""
    now = time.monotonic()
    for kind, arrivals in _by_kind(deliveries).items():
        MESSAGES_PROCESSED.labels(queue, kind, outcome).inc(len(arrivals))
        seconds = MESSAGE_SECONDS.labels(queue, kind)
        for arrived_at in arrivals:
            seconds.observe(now - arrived_at)


def _by_kind(deliveries: Iterable[Delivery]) -> Mapping[str, list[float]]:
    arrivals: dict[str, list[float]] = defaultdict(list)
    for delivery in deliveries:
        arrivals[known_type(delivery.type)].append(delivery.arrived_at)
    return arrivals


def tell_build(service: str, revision: str) -> None:
    """Set what `asinflow_build_info` says; `revision` is the commit that the process was built from."""
    try:
        installed = version("asinflow")
    except PackageNotFoundError:  # run from a bare checkout
        installed = "unknown"
    BUILD_INFO.labels(service, installed, revision, platform.python_version()).set(1)
