"""Answers compressed for those who take them so."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

NAME = b"accept-encoding"
# A weight of nothing, which refuses (RFC 9110, 12.4.2).
_NOTHING = re.compile(r";\s*q\s*=\s*0(?:\.0*)?\s*$", re.IGNORECASE)


class Compressed(GZipMiddleware):
    """Compresses with gzip where `Accept-Encoding` names it with a weight above 0."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # What is looked for further on is the word somewhere within the header.
            told = [(NAME, b"gzip")] if takes_gzip(Headers(scope=scope).getlist("accept-encoding")) else []
            scope["headers"] = [*(header for header in scope["headers"] if header[0] != NAME), *told]
        await super().__call__(scope, receive, send)


def takes_gzip(accepted: list[str]) -> bool:
    """Whether these values of `Accept-Encoding` name gzip, and do not refuse it."""
    named = [each.strip() for value in accepted for each in value.split(",")]
    found = [each for each in named if each.partition(";")[0].strip().lower() in {"gzip", "x-gzip"}]
    return bool(found) and not any(_NOTHING.search(each) for each in found)
