"""The products of a job in the order of its items, a block at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from services.api.item_reader import BLOCK as ITEMS
from services.api.item_reader import ItemReader
from services.api.products import product_fields
from services.api.records import Job
from services.api.responses import ItemView, ResultView
from services.api.stores import ProductStore
from shared.ids import user_product_key
from shared.jobs import ItemStatus

# Whole products looked up at once: a page's features, images and description may make one 20 kB.
PRODUCTS = 200

Found = tuple[ItemView, Mapping[str, Any] | None]


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
            for item, product in found:
                if product is not None:
                    yield ResultView.model_validate({"seq": item.seq, **product_fields(product)})

    async def stored(
        self, job: Job, fields: Sequence[str] | None = None, *, after: int = -1, block: int = ITEMS
    ) -> AsyncIterator[Sequence[Found]]:
        """Blocks of items that succeeded, each with its product as stored, or those fields of it; None: it has none."""
        items: list[ItemView] = []
        async for item in self._items.scan(job, ItemStatus.SUCCEEDED, after, block=min(ITEMS, block)):
            items.append(item)
            if len(items) >= min(block, PRODUCTS if fields is None else ITEMS):
                yield await self._look_up(job, items, fields)
                items = []
        if items:
            yield await self._look_up(job, items, fields)

    async def stored_page(
        self, job: Job, fields: Sequence[str], after: int, limit: int
    ) -> tuple[Sequence[Found], bool]:
        """The next such block of up to `limit` items, and whether there are more."""
        items, more = await self._items.page(job, ItemStatus.SUCCEEDED, after, limit)
        return (await self._look_up(job, items, fields) if items else []), more

    async def _look_up(self, job: Job, items: Sequence[ItemView], fields: Sequence[str] | None) -> Sequence[Found]:
        ids = [user_product_key(job.user_id, item.marketplace, item.asin) for item in items]
        products = await self._products.find_by_ids(job.user_id, ids, fields)
        return [(item, products.get(product_id)) for item, product_id in zip(items, ids, strict=True)]
