"""A receiver of webhooks on this machine, as its owner would write one: it answers what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.health import serve
from tests.integration.api.conftest import free_port


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    url: str
    requests: list[Request] = field(default_factory=list)
    # The status for a request, by its path and how many came before it.
    answer: Callable[[str, int], int] = lambda _path, _before: 204
    body: bytes = b""
    seconds: float = 0.0

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.requests]

    @property
    def products(self) -> list[list[int]]:
        """The places in its job of the products of each event that tells of some."""
        told = [event["data"]["products"] for event in self.events if "products" in event["data"]]
        return [[product["seq"] for product in products] for products in told]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = self.answer(scope["path"], len(self.requests))
        self.requests.append(Request(scope["path"], headers, body))
        await asyncio.sleep(self.seconds)
        location = [(b"location", f"{self.url}/elsewhere".encode())] if 300 <= status < 400 else []
        await send({"type": "http.response.start", "status": status, "headers": location})
        await send({"type": "http.response.body", "body": self.body})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    port = free_port()
    receiver = Receiver(f"http://127.0.0.1:{port}")
    async with serve(receiver, "127.0.0.1", port) as server:
        while not server.started:  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0.01)
        yield receiver
