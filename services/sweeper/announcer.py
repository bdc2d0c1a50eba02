"""Tells users of their jobs: each event to their queues at once, and into the outbox of their webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from services.sweeper.telling import deliveries, gathered, user_events
from shared.clock import Clock
from shared.messages import Message
from shared.outgoing import Outgoing
from shared.user_events import outgoing
from shared.worker import Received

Document = dict[str, Any]


class Outbox(Protocol):
    async def find_webhooks_of(self, user_ids: set[str]) -> list[Document]: ...

    async def insert_deliveries(self, documents: Sequence[Document]) -> int: ...


class Publisher(Protocol):
    async def publish(self, messages: Sequence[Outgoing]) -> None: ...


class Announcer:
    """May be told twice: a webhook gets an event once, a queue gets it again with the same message id."""

    def __init__(self, outbox: Outbox, publisher: Publisher, clock: Clock, keep_days: float) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._clock = clock
        self._keep_days = keep_days

    async def handle(self, batch: Sequence[Received[Message]]) -> None:
        """Returns once every delivery is stored and the broker has the events."""
        messages = gathered(received.message for received in batch)
        events = [event for message in messages for event in user_events(message)]
        webhooks = await self._outbox.find_webhooks_of({event.user_id for event in events})
        await self._outbox.insert_deliveries(deliveries(events, webhooks, self._clock.now(), self._keep_days))
        await self._publisher.publish([outgoing(event) for event in events])
