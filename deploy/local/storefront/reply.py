"""Answers on the wire, the broken ones included."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HTML = "text/html;charset=UTF-8"
JSON = "application/json"
TEXT = "text/plain;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(status: int, value: Any) -> Reply:
    return Reply(status, orjson.dumps(value), JSON)


async def send_reply(send: Send, reply: Reply) -> None:
    """Sends the answer as it should be."""
    await send(_start(reply))
    await send({"type": "http.response.body", "body": reply.body})


async def send_broken(scope: Scope, receive: Receive, send: Send, reply: Reply, *, reset: bool) -> None:
    """Sends the head and half the body, then ends the connection: by a TCP reset, or quietly (a truncated answer)."""
    transport: asyncio.Transport = scope["state"]["transport"]
    await send(_start(reply))
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    if reset:
        # Lingering for zero seconds turns the close into a reset, which may overtake what is still unread.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    else:
        transport.close()
    # Until the server has seen the connection go, returning would count as an unfinished answer.
    while (await receive())["type"] != "http.disconnect":
        pass


def _start(reply: Reply) -> Message:
    headers = {
        "content-type": reply.content_type,
        "content-length": str(len(reply.body)),
        "vary": "Accept-Encoding,User-Agent",
        "cache-control": "no-cache",
        **reply.headers,
    }
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": encoded}
