"""What happens around every request: its id, its log context, its duration, its size limit, and its failure."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import metrics
from services.api.problems import MEDIA_TYPE, Problem
from services.api.ratelimits import limit_headers
from shared import tracing
from shared.ids import new_id
from shared.log import bound, get_logger

log = get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestContext:
    """Gives each request an id (the client's own, if it is a sane one), times it, and answers what nothing handled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        with bound(request_id=request_id), tracing.request(headers.get(tracing.TRACEPARENT)):
            await _Exchange(scope, send, request_id).run(self._app, receive)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._status: int | None = None
        self._streams_events = False

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        started = time.perf_counter()
        try:
            await app(self._scope, receive, self._forward)
        except Exception:
            log.exception("request_failed", method=self._scope["method"], route=self._route())
            if self._status is not None:
                raise  # too late for an answer: the server cuts the connection, which the client notices
            await self._answer(Problem(500, "internal_error", "Something went wrong here; it has been recorded."))
        finally:
            self._observe(time.perf_counter() - started)

    async def _forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.update(limit_headers(self._scope["state"].get("rate_limits", ())))
            self._streams_events = headers.get("content-type", "").startswith("text/event-stream")
        await self._send(message)

    async def _answer(self, problem: Problem) -> None:
        await send_problem(self._forward, problem, self._request_id)

    def _observe(self, seconds: float) -> None:
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        tracing.rename(f"{method} {self._route()}", **{"http.response.status_code": self._status or 499})
        if not self._streams_events:
            metrics.REQUEST_SECONDS.labels(self._route(), method, str(self._status or 499)).observe(seconds)

    def _route(self) -> str:
        return getattr(self._scope.get("route"), "path", "unmatched")


class BodyLimit:
    """Refuses bodies over `max_bytes` (413), by their announced length or as soon as they grow past it, and compressed
    ones (415), whose size nobody knows.

    `larger` are the limits of those paths that have another one: of JSON, and of all else.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, larger: Mapping[str, tuple[int, int]]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_json = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        json_limit, other_limit = self._larger.get(scope["path"], (self._max_bytes, self._max_bytes))
        most = json_limit if is_json else other_limit
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            await send_problem(send, _ENCODED, scope["state"]["request_id"])
            return
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > most:
            await send_problem(send, _too_large(most), scope["state"]["request_id"])
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _too_large(most)
            return message

        await self._app(scope, limited, send)


_ENCODED = Problem(
    415,
    "unsupported_content_encoding",
    "Send the body as it is, without a Content-Encoding.",
    headers={"Accept-Encoding": "identity"},
)


def _too_large(most: int) -> Problem:
    return Problem(413, "body_too_large", f"The body is larger than {most} bytes.")


async def send_problem(send: Send, problem: Problem, request_id: str) -> None:
    """Answer with a problem document, below the level of routes."""
    body = orjson.dumps(problem.document(request_id))
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
