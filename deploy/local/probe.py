"""Asks a port of this machine whether the program behind it is ready to work."""

import asyncio
import struct
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

_REPLY_BYTES = 4096


async def is_ready(target: str, seconds: float = 1.0) -> bool:
    """Whether `target` answers as a ready program does, within `seconds`.

    The scheme tells how to ask: `http://host:port/path` wants status 200, `amqp` a broker that starts the protocol,
    `mongodb` a server that accepts writes, `tcp` an open port.
    """
    parts = urlsplit(target)
    question, is_good = _DIALOGUES[parts.scheme]
    try:
        async with asyncio.timeout(seconds):
            return is_good(await _ask(parts, question(parts)))
    except (OSError, TimeoutError):
        return False


async def _ask(parts: SplitResult, question: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        if not question:
            return b""
        writer.write(question)
        await writer.drain()
        return await reader.read(_REPLY_BYTES)
    finally:
        writer.close()


def _http_question(parts: SplitResult) -> bytes:
    return f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()


def _mongo_question(_: SplitResult) -> bytes:
    """The command `{hello: 1, $db: "admin"}` as one OP_MSG."""
    fields = b"\x10hello\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0"
    document = struct.pack("<i", len(fields) + 5) + fields + b"\0"
    body = struct.pack("<iB", 0, 0) + document
    return struct.pack("<iiii", len(body) + 16, 1, 0, 2013) + body


def _has_status_200(reply: bytes) -> bool:
    return reply.startswith(b"HTTP/") and reply.split(b" ", 2)[1:2] == [b"200"]


_DIALOGUES: dict[str, tuple[Callable[[SplitResult], bytes], Callable[[bytes], bool]]] = {
    "http": (_http_question, _has_status_200),
    "amqp": (lambda _: b"AMQP\0\0\x09\x01", lambda reply: len(reply) >= 7),
    "mongodb": (_mongo_question, lambda reply: b"isWritablePrimary\0\x01" in reply),
    "tcp": (lambda _: b"", lambda _: True),
}
