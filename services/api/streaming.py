"""Streaming that fails before it begins rather than in the middle."""

from __future__ import annotations

from collections.abc import AsyncIterator


async def started(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first of which is already there: its failure is still the request's own."""
    first = await anext(pieces, b"")

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return rest()
