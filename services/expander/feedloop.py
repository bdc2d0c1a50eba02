"""Feeding on news, and now and then without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.expander.handlers import Expander
from shared.clock import SystemClock
from shared.errors import AsinflowError
from shared.log import get_logger
from shared.messages import Message
from shared.worker import Received

log = get_logger(__name__)

# A feeder that has heard nothing for so long may not be the appointed one any more.
APPOINTED_SECONDS = 30.0


class FeedLoop:
    """Looks at running jobs now and then, but only in the process that the broker feeds with news."""

    def __init__(self, expander: Expander, poll_seconds: float) -> None:
        self._expander = expander
        self._poll_seconds = poll_seconds
        self._clock = SystemClock()
        self._heard_at = float("-inf")
        self._lock = asyncio.Lock()

    async def handle(self, batch: Sequence[Received[Message]]) -> None:
        self._heard_at = self._clock.monotonic()
        async with self._lock:
            await self._expander.handle_job_news(batch)

    async def run(self) -> None:
        while True:
            await self._clock.sleep(self._poll_seconds)
            if self._clock.monotonic() - self._heard_at > APPOINTED_SECONDS:
                continue
            try:
                async with self._lock:
                    await self._expander.feed_all()
            except AsinflowError as error:
                log.warning("feeding_postponed", error=error.message)
