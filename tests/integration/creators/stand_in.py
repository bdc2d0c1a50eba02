"""A stand-in for the Creators API: token endpoint, getItems and searchItems, over HTTP on a free port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.unit.creators.answers import as_text, inaccessible, item, items_answer, search_answer

CREDENTIALS = ("an-id", "hunter2")


@dataclass
class Call:
    """One call as it arrived."""

    at: float
    operation: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class StandIn:
    """What the interface knows, what it answers next, and what it was asked."""

    url: str = ""
    missing: set[str] = field(default_factory=set)
    catalogue: list[str] = field(default_factory=list)
    # Answers to give before any other: status, body, headers.
    failures: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    token_status: int = 200
    # Requests for tokens, and the tokens that are valid now.
    tokens: list[dict[str, Any]] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)

    def give_token(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.token_status != 200:
            return self.token_status, {"error": "server_error"}
        if (asked.get("client_id"), asked.get("client_secret")) != CREDENTIALS:
            return 401, {"error": "invalid_client"}
        self.tokens.append(asked)
        token = f"token-{len(self.tokens)}"
        self.valid.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 3600}

    def answer(self, call: Call) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.calls.append(call)
        if self.failures:
            return self.failures.pop(0)
        if call.headers["authorization"].removeprefix("Bearer ").split(",")[0] not in self.valid:
            return 401, {"type": "UnauthorizedException", "reason": "InvalidToken", "message": "…"}, {}
        if call.operation == "getItems":
            return 200, self._items(call.body["itemIds"]), {}
        return self._search(call.body)

    def _items(self, asked: list[str]) -> dict[str, Any]:
        there = [item(asin) for asin in reversed(asked) if asin not in self.missing]
        return items_answer(*there, errors=[inaccessible(asin) for asin in asked if asin in self.missing])

    def _search(self, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        start = (body["itemPage"] - 1) * body["itemCount"]
        found = self.catalogue[start : start + body["itemCount"]]
        if not found:
            return 404, {"type": "ResourceNotFoundException", "message": "No results found"}, {}
        return 200, search_answer(found, len(self.catalogue)), {}


@contextmanager
def serving() -> Iterator[StandIn]:
    stand_in = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    server.daemon_threads = True
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.monotonic()
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            if self.path == "/token":
                self._send(*stand_in.give_token(self._token_request(text)))
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            operation = self.path.removeprefix("/catalog/v1/")
            self._send(*stand_in.answer(Call(at, operation, headers, json.loads(text))))

        def _token_request(self, text: str) -> dict[str, Any]:
            if self.headers["content-type"] == "application/json":
                return dict(json.loads(text))
            return {name: values[0] for name, values in parse_qs(text).items()}

        def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            content = as_text(body).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
