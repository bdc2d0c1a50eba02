"""Serves the page: rendered when it is first asked for, aside from requests, and kept."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response

from services.api.reference import html
from services.api.tags import is_named

PATH = "/docs"


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    tag: str


def install(app: FastAPI) -> None:
    """Serve the page at `/docs`, to everybody, as the OpenAPI document is."""
    rendering = asyncio.Lock()
    kept: list[_Page] = []

    @app.get(PATH, include_in_schema=False)
    async def reference(request: Request) -> Response:
        async with rendering:
            if not kept:
                kept.append(await asyncio.to_thread(_render, app))
        page = kept[0]
        headers = {"ETag": page.tag}
        if is_named(page.tag, request.headers.get("If-None-Match", "")):
            return Response(status_code=304, headers=headers)
        return Response(page.body, media_type="text/html", headers=headers)


def _render(app: FastAPI) -> _Page:
    body = html.page(app.openapi()).encode()
    return _Page(body, f'W/"{hashlib.blake2b(body, digest_size=8).hexdigest()}"')
