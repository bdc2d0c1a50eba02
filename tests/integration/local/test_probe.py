"""What counts as a ready program."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.local.probe import is_ready


@asynccontextmanager
async def server_that_says(reply: bytes) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("scheme", "reply", "ready"),
    [
        ("http", b"HTTP/1.1 200 OK\r\n\r\n", True),
        ("http", b"HTTP/1.1 503 Service Unavailable\r\n\r\n200", False),
        ("http", b"", False),
        ("amqp", b"\x01\0\0\0\0\x01\xdc\0", True),
        ("amqp", b"", False),
        ("mongodb", b"...\x08isWritablePrimary\0\x01...", True),
        ("mongodb", b"...\x08isWritablePrimary\0\x00...", False),
        ("tcp", b"", True),
    ],
)
async def test_answer_decides_whether_a_program_is_ready(scheme: str, reply: bytes, ready: bool) -> None:
    async with server_that_says(reply) as port:
        assert await is_ready(f"{scheme}://127.0.0.1:{port}/readyz") is ready


async def test_silent_program_is_not_ready(unused_tcp_port: int) -> None:
    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", unused_tcp_port):
        assert not await is_ready(f"http://127.0.0.1:{unused_tcp_port}/readyz", seconds=0.05)


async def test_closed_port_is_not_ready(unused_tcp_port: int) -> None:
    assert not await is_ready(f"tcp://127.0.0.1:{unused_tcp_port}")
