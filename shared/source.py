"""Where products come from: one protocol, so that a marketplace's pages and an official interface look alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from shared.amazon.identifiers import Item
from shared.amazon.pages import Listing, Product

Wanted = Callable[[], bool]


class Source(Protocol):
    """Raises RetryableError, BlockedError, PermanentError, or NoLongerWantedError when `wanted` says no at its turn."""

    async def product(self, item: Item, wanted: Wanted) -> Product: ...

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing: ...
