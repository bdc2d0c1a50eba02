"""A body never takes more memory than it may, whatever it claims to be."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import brotli  # type: ignore[import-untyped]  # it brings no types
import httpx
import pytest
import zstandard

from shared.bodies import ACCEPT_ENCODING, DECODERS, receive
from shared.errors import PermanentError, RetryableError

TEXT = ("商品 " * 5_000).encode()
LIMIT = 8_000_000
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces; counts those that were taken."""

    def __init__(self, body: bytes, size: int = 1_000) -> None:
        self._body = body
        self._size = size
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._size):
            self.taken += 1
            yield self._body[start : start + self._size]


async def read(body: bytes, coding: str | None, *, limit: int = LIMIT, size: int = 1_000) -> bytes:
    headers = {} if coding is None else {"content-encoding": coding}
    return (await receive(httpx.Response(200, headers=headers, stream=Pieces(body, size)), limit)).body


@pytest.mark.parametrize("size", [1, 777, 1_000_000])
@pytest.mark.parametrize("coding", CODINGS)
async def test_body_is_read_however_it_is_compressed_and_cut(coding: str, size: int) -> None:
    assert await read(CODINGS[coding](TEXT), coding, size=size) == TEXT


@pytest.mark.parametrize("coding", CODINGS)
async def test_page_of_real_size_is_read(coding: str) -> None:
    """A decoder may have taken all of its input long before it has given out all of its output."""
    page = b"".join(b'<div class="a-section" data-n="%d"></div>' % number for number in range(60_000))
    compressed = brotli.compress(page, quality=1) if coding == "br" else CODINGS[coding](page)
    assert await read(compressed, coding, size=len(compressed)) == page


async def test_body_without_coding_and_empty_ones_are_read() -> None:
    assert await read(TEXT, None) == TEXT
    assert [await read(b"", coding) for coding in CODINGS] == [b""] * len(CODINGS)


async def test_deflate_without_its_envelope_is_read() -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert await read(raw.compress(TEXT) + raw.flush(), "deflate") == TEXT


def test_every_coding_asked_for_is_understood() -> None:
    assert {name.strip() for name in ACCEPT_ENCODING.split(",")} <= DECODERS.keys()


@pytest.mark.parametrize("coding", [name for name in CODINGS if name != "identity"])
async def test_bomb_is_defused(coding: str) -> None:
    """Half a gigabyte of nothing in one piece takes a few megabytes, and is refused."""
    bomb = _bomb(coding, 512)
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(PermanentError) as caught:
            await read(bomb, coding, limit=1_000_000, size=len(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "page_too_large"
    assert peak < 30_000_000


def _bomb(coding: str, megabytes: int) -> bytes:
    nothing = bytes(1_000_000)
    if coding == "br":
        compressor = brotli.Compressor(quality=5)
        return b"".join(compressor.process(nothing) for _ in range(megabytes)) + compressor.finish()
    if coding == "zstd":
        packer = zstandard.ZstdCompressor().compressobj()
    else:
        packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16 if coding == "gzip" else zlib.MAX_WBITS)
    return b"".join(packer.compress(nothing) for _ in range(megabytes)) + packer.flush()


async def test_nothing_is_taken_beyond_the_limit() -> None:
    endless = Pieces(bytes(10_000_000))
    with pytest.raises(PermanentError):
        await receive(httpx.Response(200, stream=endless), 50_000)
    assert endless.taken == 51


async def test_endless_input_that_yields_nothing_is_refused() -> None:
    """Empty blocks: compressed bytes without end that stand for none."""
    empty_blocks = zlib.compress(b"")[:2] + b"\x00\x00\x00\xff\xff" * 20_000
    with pytest.raises(PermanentError):
        await read(empty_blocks, "deflate", limit=50_000)


@pytest.mark.parametrize("coding", [name for name in CODINGS if name != "identity"])
async def test_damaged_or_cut_body_is_to_be_tried_again(coding: str) -> None:
    whole = CODINGS[coding](TEXT)
    for body in (whole[: len(whole) // 2], b"\x01nonsense" * 50):
        with pytest.raises(RetryableError) as caught:
            await read(body, coding)
        assert caught.value.code == "incomplete_answer"


@pytest.mark.parametrize("coding", ["gzip, gzip", "compress", "snappy", "gzip;q=1"])
async def test_coding_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(PermanentError) as caught:
        await read(TEXT, coding)
    assert caught.value.code == "unsupported_encoding"


async def test_large_window_is_refused() -> None:
    """A frame of zstd may ask its reader for gigabytes of memory."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(RetryableError):
        await read(body.compress(TEXT) + body.flush(), "zstd")
