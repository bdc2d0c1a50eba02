"""Exchanges, and the functions that name and describe queues. Services say which queues are theirs.

Four durable exchanges: commands (direct, work to do), events (topic, facts), users (topic, what users are told, for
their own queues), dead (fanout, what nobody could handle).
A retry waits in a queue of fixed time to live, whose expired messages return to the commands exchange under the name
of the queue they came from: one queue per delay serves all work queues (per-message expiry would block behind a longer
one), and an event is retried only for the listener that failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from shared.ids import new_id

Arguments = dict[str, str | int | bool]


@dataclass(frozen=True)
class Exchange:
    name: str
    kind: Literal["direct", "topic", "fanout"]


COMMANDS = Exchange("asinflow.commands", "direct")
EVENTS = Exchange("asinflow.events", "topic")
USERS = Exchange("asinflow.users", "topic")
DEAD = Exchange("asinflow.dead", "fanout")
EXCHANGES = (COMMANDS, EVENTS, USERS, DEAD)

# A message delivered so often without being acknowledged kills its consumers; it goes to the dead exchange.
DELIVERY_LIMIT = 20


@dataclass(frozen=True)
class Queue:
    """A queue, what it is bound to, and how it is declared."""

    name: str
    bindings: tuple[tuple[Exchange, str], ...]
    arguments: Arguments = field(default_factory=dict)
    durable: bool = True
    exclusive: bool = False

    def incarnation(self) -> Queue:
        """The queue to declare now. An exclusive one gets a new name each time: the broker may not yet know that the
        connection that had the last one is gone."""
        return replace(self, name=f"{self.name}.{new_id()}") if self.exclusive else self


def work_queue(name: str, exchange: Exchange, *keys: str, single_active_consumer: bool = False) -> Queue:
    """A replicated queue whose undeliverable messages are kept until the dead exchange has taken them.

    Besides `keys` it is bound to the commands exchange under its own name, for retries.
    """
    arguments: Arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    if single_active_consumer:
        arguments["x-single-active-consumer"] = True
    return Queue(name, (*((exchange, key) for key in keys), (COMMANDS, name)), arguments)


# Where everything dead ends; it has no way further. Whoever may need it declares it, whoever keeps failures takes it.
DEAD_LETTERS = Queue("asinflow.dead", ((DEAD, ""),), {"x-queue-type": "quorum", "x-overflow": "reject-publish"})


def retry_exchange(seconds: int) -> Exchange:
    return Exchange(f"asinflow.retry.{seconds}s", "fanout")


def retry_queue(seconds: int) -> Queue:
    """Holds a message for `seconds`, then hands it back to the commands exchange."""
    return Queue(
        f"asinflow.retry.{seconds}s",
        ((retry_exchange(seconds), ""),),
        {
            "x-queue-type": "quorum",
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": COMMANDS.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def listener_queue(name: str, *keys: str) -> Queue:
    """A queue of one process's own for live events: gone with its connection, bounded, never durable."""
    bindings = tuple((EVENTS, key) for key in keys)
    return Queue(name, bindings, {"x-max-length": 100_000}, durable=False, exclusive=True)


def collect_key(marketplace: str) -> str:
    """Routing key of the work for one marketplace."""
    return f"item.collect.v1.{marketplace}"
