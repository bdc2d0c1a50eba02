"""Answers made to wear a client down: each has a whole head, and a body that does not end as the head promises."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from functools import cache
from http import HTTPStatus

from deploy.local.storefront.reply import HTML, Receive, Send

DRIP_SECONDS = 0.1
_PIECE = 64 * 1024
_BOMB_BYTES = 1 << 30
_BLOCK_BYTES = 1 << 20

# The address at which clouds give their machines' credentials away.
PRIVATE = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"


async def drip(receive: Receive, send: Send, body: bytes) -> None:
    """A byte now and then, so that no single wait for more is ever long."""
    await _stream(receive, send, _slowly(body), {"content-length": str(len(body))})


async def pour(receive: Receive, send: Send) -> None:
    """A body without end."""
    await _stream(receive, send, _forever(), {})


async def burst(receive: Receive, send: Send) -> None:
    """A megabyte of gzip that unpacks to a gigabyte."""
    await _stream(receive, send, _packed(), {"content-encoding": "gzip"})


async def _stream(receive: Receive, send: Send, pieces: AsyncIterator[bytes], headers: dict[str, str]) -> None:
    """Send piece by piece until they end or the client has gone."""
    gone = asyncio.ensure_future(_gone(receive))
    encoded = [(name.encode(), value.encode()) for name, value in {"content-type": HTML, **headers}.items()]
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": encoded})
    try:
        async for piece in pieces:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _slowly(body: bytes) -> AsyncIterator[bytes]:
    for place in range(len(body)):
        yield body[place : place + 1]
        await asyncio.sleep(DRIP_SECONDS)


async def _forever() -> AsyncIterator[bytes]:
    piece = b"<p>" * (_PIECE // 3)
    while True:
        yield piece
        await asyncio.sleep(0)


async def _packed() -> AsyncIterator[bytes]:
    head, block = _bomb()
    yield head
    for _ in range(_BOMB_BYTES // _BLOCK_BYTES):
        yield block
        await asyncio.sleep(0)


@cache
def _bomb() -> tuple[bytes, bytes]:
    """The head of a gzip file, and a block that may be repeated: packing a gigabyte each time would take seconds."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.flush(zlib.Z_FULL_FLUSH)
    return head, packer.compress(bytes(_BLOCK_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
