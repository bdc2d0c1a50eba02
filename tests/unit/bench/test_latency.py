"""The benchmark's own clients, on servers that answer as the API does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import uvloop

from bench.latency.http import Order, carry_out
from bench.latency.listeners import listen
from bench.latency.samples import spread

FRAME = b'event: %s\ndata: {"updated_at":"2026-11-26T00:00:00.000000Z"}\nid: 1\n\n'


@asynccontextmanager
async def answering(*pieces: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers every request with these pieces; its address, and the requests as they come."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                requests.append(head + await reader.readexactly(length))
                await _write(writer, pieces)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


async def _write(writer: asyncio.StreamWriter, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()


def order(url: str) -> Order:
    return Order(url, "a-token", "POST", "/v1/jobs", '{"a":1}', requests=6, connections=2)


async def test_every_request_is_sent_and_its_time_taken() -> None:
    async with answering(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}") as (url, requests):
        done = await carry_out(order(url))
    assert done["requests"] == len(requests) == 6
    assert {request.partition(b"\r\n")[0] for request in requests} == {b"POST /v1/jobs HTTP/1.1"}
    assert all(b"Bearer a-token" in request and request.endswith(b'{"a":1}') for request in requests)


async def test_refusal_is_no_answer() -> None:
    async with answering(b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nslow") as (url, _):
        with pytest.raises(ValueError, match="429: slow"):
            await carry_out(order(url))


async def test_crowd_hears_of_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    frames = (FRAME % b"snapshot", FRAME % b"progress", FRAME % b"completed")
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n", *frames) as (url, requests):
        seen = await asyncio.to_thread(uvloop.run, listen(url, "a-token", "a-job", 3))
    assert (seen["frames"], seen["completed"], len(requests)) == (9, 3, 3)
    assert capsys.readouterr().out == "listening\n"


def test_percentiles_are_measured_values() -> None:
    found = spread([0.03, 0.01, 0.02, 0.04])
    assert found == {"count": 4, "p50": 0.02, "p99": 0.04, "longest": 0.04}
