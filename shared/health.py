"""What a process tells about itself over HTTP: /healthz (alive), /readyz (can do its work), /metrics."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], Awaitable[bool]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
CHECK_SECONDS = 2.0


async def run_checks(checks: Mapping[str, Check]) -> dict[str, bool]:
    """Each check by name; one that does not answer in time has failed."""

    async def one(check: Check) -> bool:
        try:
            return await asyncio.wait_for(check(), CHECK_SECONDS)
        except TimeoutError:
            return False

    results = await asyncio.gather(*(one(check) for check in checks.values()))
    return dict(zip(checks, results, strict=True))


class HealthApp:
    """A bare ASGI application, so that a worker need not carry a web framework."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def __call__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        match scope["type"], scope.get("path"):
            case "http", "/healthz":
                await _answer(send, 200, b'{"status":"alive"}', "application/json")
            case "http", "/readyz":
                results = await run_checks(self._checks)
                await _answer(send, 200 if all(results.values()) else 503, orjson.dumps(results), "application/json")
            case "http", "/metrics":
                await _answer(send, 200, generate_latest(), CONTENT_TYPE_LATEST)
            case "http", _:
                await _answer(send, 404, b"try /healthz, /readyz or /metrics\n", "text/plain")
            case _:
                raise RuntimeError(f"unsupported scope {scope['type']}")


async def _answer(send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class QuietServer(uvicorn.Server):
    """uvicorn without its own signal handlers: the runner owns those."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # replaces an untyped generator
        yield


@contextlib.asynccontextmanager
async def serve(app: Any, host: str, port: int):  # type: ignore[no-untyped-def]  # an async generator's type says nothing
    """Serve `app` in the background while the block runs."""
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5
    )
    server = QuietServer(config)
    task = asyncio.create_task(server.serve(), name="http")
    try:
        yield server
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
