"""Taking from a queue in batches, by number and by time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def take_batch(
    queue: asyncio.Queue[T], max_items: int, max_seconds: float, patient: Callable[[T], bool] | None = None
) -> list[T]:
    """Wait for an item, then for more until there are `max_items` or `max_seconds` have passed.

    An item that is not `patient`, by default all are, waits for no other: it goes with those that are there.
    """
    batch = [await queue.get()]
    deadline = asyncio.get_running_loop().time() + max_seconds
    while len(batch) < max_items:
        if not queue.empty():
            batch.append(queue.get_nowait())
            continue
        remaining = deadline - asyncio.get_running_loop().time()
        if remaining <= 0 or not (patient is None or all(map(patient, batch))):
            break
        try:
            batch.append(await asyncio.wait_for(queue.get(), remaining))
        except TimeoutError:
            break
    return batch
