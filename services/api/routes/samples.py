"""Pages whose layout seems to have changed, over HTTP, for operators."""

from __future__ import annotations

import asyncio
import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from services.api.dependencies import Operator, PartsOf
from services.api.errors import responses
from services.api.problems import not_found
from services.api.routes.paging import LINK_HEADER, link_next
from services.api.samples import PageSample, PageSamplePage, SampleQuery, decode_position, encode_position

router = APIRouter(prefix="/v1/page-samples", tags=["operators"])

# A page of somebody else's: to be saved, and never to be shown by a browser as if it were ours.
BODY_HEADERS = {
    "Content-Disposition": 'attachment; filename="page.html"',
    "Content-Security-Policy": "sandbox",
    "Vary": "Accept-Encoding",
}
BODY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get("", summary="List kept pages", responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 422, 503)})
async def list_samples(
    *,
    request: Request,
    response: Response,
    _: Operator,
    using: PartsOf,
    marketplace: Annotated[str | None, Query(max_length=50)] = None,
    reason: Annotated[str | None, Query(max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> PageSamplePage:
    """Pages that were kept because their layout seems to have changed, the newest first."""
    after = None if cursor is None else decode_position(cursor)
    query = SampleQuery(limit=limit + 1, after=after, marketplace=marketplace, reason=reason)
    found = await using.samples.find_samples(query)
    next_cursor = encode_position(found[limit - 1]) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return PageSamplePage(items=found[:limit], next_cursor=next_cursor)


@router.get("/{sample_id}", summary="Look at a kept page", responses=responses(401, 403, 404, 503))
async def get_sample(sample_id: str, _: Operator, using: PartsOf) -> PageSample:
    """What is known of the page, without its source."""
    sample = await using.samples.find_sample(sample_id)
    if sample is None:
        raise not_found("page_sample")
    return sample


@router.get(
    "/{sample_id}/body",
    summary="Download a kept page",
    response_class=Response,
    responses={200: {"content": BODY}, **responses(401, 403, 404, 503)},
)
async def get_body(
    sample_id: str, _: Operator, using: PartsOf, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """The page as it came, byte for byte."""
    body = await using.samples.find_body(sample_id)
    if body is None:
        raise not_found("page_sample")
    headers = dict(BODY_HEADERS)
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    else:
        body = await asyncio.to_thread(gzip.decompress, body)
    return Response(body, headers=headers, media_type="application/octet-stream")
