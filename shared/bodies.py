"""Bodies of answers, received and unpacked: never more in memory than is allowed, whatever they claim.

A few bytes can stand for gigabytes (a decompression bomb), so that each step of decompression gives out only so much at
a time, and is not taken further once the limit is passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it brings no types
import httpx
import zstandard
from isal import isal_zlib

from shared.errors import PermanentError, RetryableError

# So much at a time, more than pages usually have: each step gives the interpreter's lock up and has to get it back, and
# what comes in one step need not be put together.
STEP_BYTES = 4 * 1024 * 1024
# A block of zstd is at most 128 kB, and at least four bytes: so many bytes at a time give at most 8 MB.
ZSTD_SLICE = 256
# RFC 9659: what a receiver of this coding must be able to hold, and need not exceed.
ZSTD_WINDOW = 8 * 1024 * 1024
Pieces = Iterator[bytes]
InflateError: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its types say an instance
DAMAGED = (InflateError, brotli.error, zstandard.ZstdError)


class Decoder(Protocol):
    """Gives out what a piece of a body stands for, in steps of bounded size."""

    def feed(self, data: bytes) -> Pieces: ...

    @property
    def complete(self) -> bool:
        """Whether the body may end here."""


class Identity:
    complete = True

    def feed(self, data: bytes) -> Pieces:
        yield data


class Deflate:
    """gzip (RFC 1952), or deflate in either of the forms that servers send under that name (RFC 9110, 8.4.1.2)."""

    def __init__(self, *, gzip: bool) -> None:
        self._object = isal_zlib.decompressobj(isal_zlib.MAX_WBITS | 16 if gzip else isal_zlib.MAX_WBITS)
        self._may_be_raw = not gzip

    @property
    def complete(self) -> bool:
        return self._object.eof

    def feed(self, data: bytes) -> Pieces:
        while data:
            yield self._step(data)
            data = self._object.unconsumed_tail

    def _step(self, data: bytes) -> bytes:
        try:
            return self._object.decompress(data, STEP_BYTES)
        except InflateError:
            if not self._may_be_raw:
                raise
            self._object = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS)
            return self._object.decompress(data, STEP_BYTES)
        finally:
            self._may_be_raw = False


class Brotli:
    def __init__(self) -> None:
        self._object = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._object.is_finished())

    def feed(self, data: bytes) -> Pieces:
        """The decoder may have taken all of `data` and still hold what it stands for: only an empty step tells."""
        piece = self._object.process(data, output_buffer_limit=STEP_BYTES)
        while piece or not self._object.can_accept_more_data():
            yield piece
            piece = b"" if self.complete else self._object.process(b"", output_buffer_limit=STEP_BYTES)


class Zstd:
    def __init__(self) -> None:
        self._object = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()

    @property
    def complete(self) -> bool:
        return self._object.eof

    def feed(self, data: bytes) -> Pieces:
        for start in range(0, len(data), ZSTD_SLICE):
            if self._object.eof:
                return
            yield self._object.decompress(data[start : start + ZSTD_SLICE])


DECODERS: dict[str, Callable[[], Decoder]] = {
    "": Identity,
    "identity": Identity,
    "gzip": lambda: Deflate(gzip=True),
    "x-gzip": lambda: Deflate(gzip=True),
    "deflate": lambda: Deflate(gzip=False),
    "br": Brotli,
    "zstd": Zstd,
}
ACCEPT_ENCODING = "gzip, deflate, br, zstd"


@dataclass(frozen=True)
class Packed:
    """A body as it arrived, and in which coding; `limit` bounds what it may unpack to, in bytes."""

    raw: bytes
    coding: str
    limit: int

    @cached_property
    def body(self) -> bytes:
        """The body itself. Unpacking takes milliseconds: leave it to the thread that reads the page.

        Raises PermanentError when it is larger than the limit, RetryableError when it is damaged or breaks off.
        """
        if DECODERS[self.coding] is Identity:
            return self.raw
        decoder, pieces, size = DECODERS[self.coding](), [], 0
        try:
            for piece in decoder.feed(self.raw):
                pieces.append(piece)
                size += len(piece)
                if size > self.limit:
                    raise too_large(self.limit)
        except DAMAGED as error:
            raise RetryableError(f"the answer is damaged: {error}", code="incomplete_answer") from error
        if self.raw and not decoder.complete:
            raise RetryableError("the answer broke off within its compression", code="incomplete_answer")
        return b"".join(pieces)


async def receive(response: httpx.Response, limit: int) -> Packed:
    """The body of a streamed response, still as it was sent.

    Raises PermanentError when even so it is larger than `limit` bytes (then no more of it is read) or compressed in a
    way that was not asked for.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in DECODERS:
        raise PermanentError(f"the page is encoded as {coding[:50]!r}", code="unsupported_encoding")
    pieces, received = [], 0
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  narrows to what an async client gives
    async for piece in response.stream:
        pieces.append(piece)
        received += len(piece)
        if received > limit:
            raise too_large(limit)
    return Packed(b"".join(pieces), coding, limit)


def too_large(limit: int) -> PermanentError:
    return PermanentError(f"page larger than {limit} bytes", code="page_too_large")
