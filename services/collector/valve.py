"""Takes nothing off the queue of a marketplace that asked to stay away: its messages wait in the queue, not in hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from shared.blocks import Block
from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.log import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 1.0
FindBlocks = Callable[[], Awaitable[Mapping[str, Block]]]


# How many messages a consumer may hold: as many as usual (None), or at most so many.
Prefetch = int | None


class Consumer(Protocol):
    """What takes one marketplace's messages."""

    async def hold(self, prefetch: Prefetch) -> None: ...


class Valve:
    def __init__(
        self, find_blocks: FindBlocks, consumers: Mapping[str, Consumer], clock: Clock, hold_seconds: float
    ) -> None:
        """`consumers` by marketplace; a pause of up to `hold_seconds` changes nothing for them."""
        self._find_blocks = find_blocks
        self._consumers = consumers
        self._clock = clock
        self._hold_seconds = hold_seconds

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                blocks = await self._find_blocks()
            except DatabaseUnavailableError as error:
                log.warning("blocks_not_read", error=error.message)
            else:
                for name, consumer in self._consumers.items():
                    await consumer.hold(prefetch_during(blocks.get(name), self._hold_seconds))
            await self._clock.sleep(LOOK_SECONDS)


def prefetch_during(block: Block | None, hold_seconds: float) -> Prefetch:
    """Nothing in a long pause, one message while it is tried whether the marketplace answers again."""
    if block is None:
        return None
    if block.trying:
        return 1
    return 0 if block.seconds > hold_seconds else None
