"""Messages on their way from a request to the broker: in time or not at all, because the sweeper sends what was not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from shared.errors import BrokerUnavailableError, DatabaseUnavailableError, UnroutableError
from shared.log import get_logger
from shared.outgoing import Outgoing

log = get_logger(__name__)

# A request is answered within a second whatever the broker does: what it did not take is sent again by the sweeper.
PUBLISH_SECONDS = 0.5


class Publisher(Protocol):
    async def publish(self, messages: Sequence[Outgoing]) -> None: ...


class Courier:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def publish(self, message: Outgoing) -> bool:
        """Whether the broker confirmed in time."""
        try:
            await asyncio.wait_for(self._publisher.publish([message]), PUBLISH_SECONDS)
        except (BrokerUnavailableError, UnroutableError, TimeoutError) as error:
            reason = str(error) or "no answer in time"
            log.warning("message_unsent", job_id=message.correlation_id, type=message.type, reason=reason)
            return False
        return True

    async def deliver(self, message: Outgoing, mark: Callable[[], Awaitable[None]]) -> None:
        """Publish, and note that the broker has confirmed; without the note it is sent again, which is harmless."""
        if not await self.publish(message):
            return
        try:
            await mark()
        except DatabaseUnavailableError:
            log.warning("confirmation_unmarked", job_id=message.correlation_id)
