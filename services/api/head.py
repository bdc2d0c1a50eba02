"""HEAD for whatever answers GET (RFC 9110, 9.3.2): the same headers, and nothing after them."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Enough(Exception):  # noqa: N818  no error: what follows is not wanted
    """The headers are out; ends an answer that would go on."""


class HeadAsGet:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b""})
            raise _Enough

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, headers_only)
        except _Enough:
            pass
        finally:
            scope["method"] = "HEAD"
