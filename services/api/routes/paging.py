"""The next page of a list, as a link."""

from __future__ import annotations

from fastapi import Request, Response

LINK_HEADER = {"Link": {"description": 'The next page, as `<…>; rel="next"`', "schema": {"type": "string"}}}


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in a Link header (RFC 8288), the request's other parameters kept."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
