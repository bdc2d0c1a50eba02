"""Headers of answers: the next page of a list as a link, and how headers are documented."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response


def header(text: str) -> dict[str, Any]:
    """The OpenAPI entry of a header."""
    return {"description": text, "schema": {"type": "string"}}


LINK_HEADER = {"Link": header('The next page, as `<…>; rel="next"`')}


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in a Link header (RFC 8288), the request's other parameters kept."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
