"""As little of an HTTP client as will do, so that it is the API that is measured.

    python -m bench.latency.http

Reads orders from standard input, a line of JSON each (`url`, `token`, `method`, `path`, `body`, `requests`,
`connections`), and prints what came of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

from bench.latency.samples import spread


@dataclass(frozen=True)
class Order:
    """The same request so many times, over so many connections at once."""

    url: str
    token: str
    method: str
    path: str
    body: str
    requests: int
    connections: int


def request_bytes(url: str, token: str, method: str, path: str, body: str = "") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


async def carry_out(order: Order) -> dict[str, object]:
    """Requests a second, and how long they took."""
    sent = request_bytes(order.url, order.token, order.method, order.path, order.body)
    each = order.requests // order.connections
    started = time.perf_counter()
    taken = await asyncio.gather(*(_one_connection(order.url, sent, each) for _ in range(order.connections)))
    seconds = time.perf_counter() - started
    return {
        "requests": each * order.connections,
        "per_second": each * order.connections / seconds,
        "taken": spread([one for connection in taken for one in connection]),
    }


async def _one_connection(url: str, sent: bytes, requests: int) -> list[float]:
    parts, taken = urlsplit(url), []
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for _ in range(requests):
        started = time.perf_counter()
        writer.write(sent)
        await _answer(reader)
        taken.append(time.perf_counter() - started)
    writer.close()
    return taken


async def _answer(reader: asyncio.StreamReader) -> None:
    """Read one; raises ValueError when it is not a good one."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(length)
    if not head.startswith(b"http/1.1 2"):
        raise ValueError(f"{head.split(maxsplit=2)[1].decode()}: {body[:300].decode()}")


async def main() -> None:
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await carry_out(Order(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
