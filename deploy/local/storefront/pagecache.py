"""Ready answers: bodies rendered and compressed off the event loop, the most recently used kept in memory."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

import brotli  # type: ignore[import-untyped]  # the package ships no stubs


class Encoding(StrEnum):
    """The content encodings the storefront speaks."""

    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


def accepted_encoding(header: str) -> Encoding:
    """The best encoding of an Accept-Encoding header; those with ``q=0`` are refused."""
    accepted = set()
    for item in header.lower().split(","):
        name, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=")
        if weight.strip("0. ") or not weight:
            accepted.add(name.strip())
    if "br" in accepted:
        return Encoding.BROTLI
    return Encoding.GZIP if accepted & {"gzip", "*"} else Encoding.IDENTITY


def compressed(body: bytes, encoding: Encoding) -> bytes:
    """The body in that encoding, at the fast settings of a busy web server."""
    match encoding:
        case Encoding.BROTLI:
            return bytes(brotli.compress(body, quality=1))
        case Encoding.GZIP:
            return gzip.compress(body, 1, mtime=0)
        case Encoding.IDENTITY:
            return body


class PageCache:
    """Renders and compresses on one thread of its own, and keeps up to ``limit_bytes`` of results.

    One thread, because rendering holds the interpreter lock anyway and the event loop must get it back soon.
    """

    def __init__(self, limit_bytes: int = 64 * 2**20) -> None:
        self._limit = limit_bytes
        self._held = 0
        self._bodies: OrderedDict[tuple[Hashable, Encoding], bytes] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "render")

    async def get(self, key: Hashable, encoding: Encoding, render: Callable[[], bytes]) -> bytes:
        """The compressed body for ``key``, rendered when it is not kept; ``render``'s exceptions pass through."""
        slot = (key, encoding)
        body = self._bodies.get(slot)
        if body is None:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._thread, lambda: compressed(render(), encoding))
            self._keep(slot, body)
        else:
            self._bodies.move_to_end(slot)
        return body

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _keep(self, slot: tuple[Hashable, Encoding], body: bytes) -> None:
        replaced = self._bodies.pop(slot, b"")
        self._bodies[slot] = body
        self._held += len(body) - len(replaced)
        while self._held > self._limit and len(self._bodies) > 1:
            _, dropped = self._bodies.popitem(last=False)
            self._held -= len(dropped)
