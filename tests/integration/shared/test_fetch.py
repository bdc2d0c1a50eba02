"""Fetching over real sockets: whatever the other side does, there is a page or an error that says what to do."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import brotli  # type: ignore[import-untyped]  # it brings no types
import pytest

from shared.clock import SystemClock
from shared.errors import NoLongerWantedError, PermanentError, RetryableError
from shared.fetch import Answer, open_fetcher
from shared.mongo import Database
from shared.pace import Pace
from shared.pacesteps import Limits
from shared.settings import FetchSettings
from tests.builders import HOME
from tests.waiting import eventually

PAGE = f"https://www.{HOME}/dp/B000000001"
TEXT = "商品 " * 1_000
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Site:
    """A server of one behaviour that notes when which request came."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.port = 0
        self.requests: list[tuple[float, str]] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.requests.append((time.monotonic(), head))
                await self._behaviour(writer)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def site(behaviour: Behaviour) -> AsyncIterator[Site]:
    made = Site(behaviour)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def answer(body: bytes, *headers: str, length: int | None = None, status: str = "200 OK") -> Behaviour:
    """A complete answer, unless `length` promises more than there is."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        if length is not None:
            writer.close()

    return behave


async def hang(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, so that no single wait is ever long."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def gibberish(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    writer.close()


Get = Callable[..., Awaitable[Answer]]


@pytest.fixture
def get(database: Database) -> Get:
    async def get(
        port: int, *, wanted: Callable[[], bool] = lambda: True, interval: float = 0.0, times: int = 1, **changes: float
    ) -> Answer:
        limits = {"fetch_timeout_seconds": 0.5, "connect_timeout_seconds": 2.0, **changes}
        settings = FetchSettings.model_validate({"upstream_url": f"http://127.0.0.1:{port}", **limits})
        pace = Pace(database, Limits(interval, 60.0, 60.0), SystemClock())
        async with open_fetcher(settings, pace) as fetcher:
            for _ in range(times):
                answer = await fetcher.get(PAGE, HOME, wanted)
        assert answer.body is not None  # unpacked here, as by whoever reads the page
        return answer

    return get


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (hang, "timeout"),
        (drip, "timeout"),
        (reset, "incomplete_answer"),
        (hang_up, "incomplete_answer"),
        (gibberish, "incomplete_answer"),
        (answer(b"half", length=100), "incomplete_answer"),
        (answer(b"no gzip at all", "content-encoding: gzip"), "incomplete_answer"),
    ],
)
async def test_page_that_does_not_arrive_whole_is_tried_again(get: Get, behaviour: Behaviour, code: str) -> None:
    async with site(behaviour) as made:
        began = time.monotonic()
        with pytest.raises(RetryableError) as caught:
            await get(made.port)
    assert caught.value.code == code
    assert time.monotonic() - began < 3.0
    assert len(made.requests) == 1


async def test_nobody_there_is_tried_again(get: Get) -> None:
    async with site(hang) as made:
        pass
    with pytest.raises(RetryableError) as caught:
        await get(made.port)
    assert caught.value.code == "connection"


@pytest.mark.parametrize(
    "behaviour",
    [
        endless,
        answer(gzip.compress(b"\0" * 20_000_000), "content-encoding: gzip"),
        answer(b"x" * 200_001),
    ],
)
async def test_page_too_large_is_given_up_at_once(get: Get, behaviour: Behaviour) -> None:
    """Whatever it is packed in: what counts is what it unpacks to."""
    async with site(behaviour) as made:
        with pytest.raises(PermanentError) as caught:
            await get(made.port, page_max_bytes=200_000, fetch_timeout_seconds=10.0)
    assert caught.value.code == "page_too_large"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (TEXT.encode(), []),
        (gzip.compress(TEXT.encode()), ["content-encoding: gzip"]),
        (zlib.compress(TEXT.encode()), ["content-encoding: deflate"]),
        (brotli.compress(TEXT.encode()), ["content-encoding: br"]),
    ],
    ids=["plain", "gzip", "deflate", "br"],
)
async def test_page_is_unpacked(get: Get, body: bytes, headers: list[str]) -> None:
    async with site(answer(body, *headers, "retry-after: 3", status="503 Busy")) as made:
        got = await get(made.port)
    assert (got.url, got.status, got.body.decode(), got.retry_after) == (PAGE, 503, TEXT, 3.0)


async def test_request_over_the_wire_is_as_a_browser_asks(get: Get) -> None:
    async with site(answer(b"page")) as made:
        await get(made.port)
    head = made.requests[0][1].lower()
    [encodings] = [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("accept-encoding")]
    assert {"gzip", "br"} <= {name.strip() for name in encodings.split(",")}
    assert head.startswith("get /dp/b000000001 http/1.1\r\n")
    assert f"x-forwarded-host: www.{HOME}" in head


async def test_connection_is_used_again_and_sets_no_cookies(get: Get) -> None:
    async with site(answer(b"page", "set-cookie: session=1; path=/")) as made:
        await get(made.port, times=3)
    assert made.connections == 1
    assert all("cookie" not in head.lower() for _, head in made.requests)


async def test_slow_marketplaces_take_no_connection_from_the_others(database: Database) -> None:
    slow = asyncio.Event()

    async def behave(writer: asyncio.StreamWriter) -> None:
        await slow.wait()
        await answer(b"page")(writer)

    async with site(behave) as made:
        settings = FetchSettings(upstream_url=f"http://127.0.0.1:{made.port}", fetch_timeout_seconds=60.0)
        async with open_fetcher(settings, Pace(database, Limits(0.0, 60.0, 60.0), SystemClock())) as fetcher:
            waiting = [asyncio.create_task(fetcher.get(PAGE, HOME, lambda: True)) for _ in range(100)]
            await eventually(lambda: len(made.requests) == 100)
            slow.set()
            assert {(await task).body for task in waiting} == {b"page"}


async def test_requests_leave_in_their_slots(get: Get) -> None:
    async with site(answer(b"page")) as made:
        await get(made.port, interval=0.3, times=4)
    moments = [at for at, _ in made.requests]
    gaps = [after - before for before, after in pairwise(moments)]
    # What the pace promises is measured elsewhere; a busy machine may look at its clock late.
    assert all(gap > 0.25 for gap in gaps)


async def test_connection_made_in_advance_sends_nothing_unwanted(get: Get) -> None:
    async with site(answer(b"page")) as made:
        with pytest.raises(NoLongerWantedError):
            await get(made.port, wanted=lambda: False, interval=0.2)
        assert made.requests == []
