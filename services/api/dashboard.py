"""The dashboard: one page and its modules, served as they are, and the rules that browsers hold pages to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.reference import served as reference

STATIC = Path(__file__).parent / "static"
HOME = "/"
FILES = "/ui"


def install(app: FastAPI, image_hosts: Sequence[str]) -> None:
    """Serve the page at `/` and its files under `/ui`, with the policy that `policy` gives."""

    @app.get(HOME, include_in_schema=False)
    async def home() -> FileResponse:
        return FileResponse(STATIC / "index.html", media_type="text/html")

    app.mount(FILES, StaticFiles(directory=STATIC / "ui"), name="ui")
    app.add_middleware(PagePolicy, policy=policy(image_hosts))


def policy(image_hosts: Sequence[str]) -> str:
    """A Content-Security-Policy under which only this API's own files run and only it and the image hosts are asked.

    Text never becomes markup: scripts may not even try (`require-trusted-types-for`).
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": " ".join(("'self'", *image_hosts)),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class PagePolicy:
    """Adds the policy to every answer for pages and their files; other answers are data and stay as they are."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-cache",  # kept, but asked for anew each time: a release is never half of another
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_page(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)


def _is_page(path: str) -> bool:
    return path in {HOME, reference.PATH} or path.startswith(f"{FILES}/")
