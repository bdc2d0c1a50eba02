"""The products of a job in the order of its items, a block at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from services.api.item_reader import BLOCK as ITEMS
from services.api.item_reader import ItemReader
from services.api.products import product_fields
from services.api.records import Job
from services.api.responses import ResultView
from services.api.stores import ProductStore
from shared.ids import user_key

# Whole products looked up at once: a page's features, images and description may make one 20 kB.
PRODUCTS = 200
# Blocks of some fields of products that are looked up while the one before is worked on.
AHEAD = 3

# The seq of an item, and its product; None: it has none.
Found = tuple[int, Mapping[str, Any] | None]


class ResultReader:
    """Looks up the product of every item that succeeded, as it is now; one that its user has deleted is left out."""

    def __init__(self, items: ItemReader, products: ProductStore) -> None:
        self._items = items
        self._products = products

    async def page(self, job: Job, after: int, limit: int) -> tuple[list[ResultView], bool]:
        """Up to `limit` products above seq `after`, and whether there are more."""
        found: list[ResultView] = []
        async for result in self.scan(job, after, block=limit + 1):
            if len(found) == limit:
                return found, True
            found.append(result)
        return found, False

    async def scan(self, job: Job, after: int = -1, *, block: int = ITEMS) -> AsyncIterator[ResultView]:
        """Every product above seq `after`; `block` is how many items are looked at at once."""
        async for found in self.stored(job, after=after, block=block):
            for seq, product in found:
                if product is not None:
                    yield ResultView.model_validate({"seq": seq, **product_fields(product)})

    async def stored(
        self, job: Job, fields: Sequence[str] | None = None, *, after: int = -1, block: int = ITEMS
    ) -> AsyncIterator[Sequence[Found]]:
        """Blocks of items that succeeded, each with its product as stored, or those fields of it."""
        most, ahead = (min(block, PRODUCTS), 0) if fields is None else (min(block, ITEMS), AHEAD)
        waiting: deque[asyncio.Task[Sequence[Found]]] = deque()
        try:
            async for items in self._items.collected(job, after, block=min(ITEMS, block)):
                for first in range(0, len(items), most):
                    waiting.append(asyncio.create_task(self._look_up(job, items[first : first + most], fields)))
                    if len(waiting) > ahead:
                        yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def stored_page(
        self, job: Job, fields: Sequence[str], after: int, limit: int
    ) -> tuple[Sequence[Found], bool]:
        """The next such block of up to `limit` items, and whether there are more."""
        items: list[tuple[int, str]] = []
        async for block in self._items.collected(job, after, block=limit + 1):
            items += block
            if len(items) > limit:
                break
        return await self._look_up(job, items[:limit], fields), len(items) > limit

    async def _look_up(
        self, job: Job, items: Sequence[tuple[int, str]], fields: Sequence[str] | None
    ) -> Sequence[Found]:
        if not items:
            return []
        ids = [user_key(job.user_id, key) for _, key in items]
        products = await self._products.find_by_ids(job.user_id, ids, fields)
        return [(seq, products.get(product_id)) for (seq, _), product_id in zip(items, ids, strict=True)]
