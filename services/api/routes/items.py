"""What a job came to, over HTTP: its items, its failures, its products, and its books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Query, Request, Response

from services.api import cursors
from services.api.dependencies import JobsReader, PartsOf
from services.api.downloads import FILE_CONTENT, FORMAT_HELP, download
from services.api.errors import responses
from services.api.exports import Format, Row, Rows
from services.api.responses import (
    ERROR_GROUP_EXAMPLE,
    ITEM_EXAMPLE,
    PRODUCT_EXAMPLE,
    ErrorPage,
    ItemPage,
    JobAudit,
    ResultPage,
)
from services.api.routes.paging import LINK_HEADER, link_next
from services.api.tables import ITEM_COLUMNS, RESULT_COLUMNS
from shared.jobs import ItemStatus

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


class _Placed(Protocol):
    @property
    def seq(self) -> int: ...


P = TypeVar("P", bound=_Placed)

Limit = Annotated[int, Query(ge=1, le=1000, description="Entries of one JSON page")]
Cursor = Annotated[str | None, Query(max_length=500, description="Go on after the entry that this cursor came with")]
Form = Annotated[Format, Query(alias="format", description=FORMAT_HELP)]


def _documented(example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"example": example}, **FILE_CONTENT}
    return {200: {"headers": LINK_HEADER, "content": content}, **responses(401, 403, 404, 422, 503)}


@router.get(
    "/{job_id}/items",
    summary="List a job's items",
    response_model=ItemPage,
    responses=_documented({"items": [ITEM_EXAMPLE], "next_cursor": None}),
)
async def list_items(
    *,
    request: Request,
    response: Response,
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    status: Annotated[ItemStatus | None, Query(description="Only items in this status")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    form: Form = Format.JSON,
) -> ItemPage | Response:
    """The job's products in order, with what became of each."""
    job = await using.jobs.get(caller.user_id, job_id)
    after = _after(cursor)
    if form is not Format.JSON:
        return await download(_rows(using.items.scan(job, status, after)), ITEM_COLUMNS, form, f"{job_id}-items")
    items, more = await using.items.page(job, status, after, limit)
    page = ItemPage(items=items, next_cursor=_cursor(items[-1]) if more else None)
    link_next(request, response, page.next_cursor)
    return page


@router.get(
    "/{job_id}/errors",
    summary="See why items failed",
    response_model=ErrorPage,
    responses=_documented({"groups": [ERROR_GROUP_EXAMPLE], "items": [ITEM_EXAMPLE], "next_cursor": None}),
)
async def list_errors(
    *,
    request: Request,
    response: Response,
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    limit: Limit = 100,
    cursor: Cursor = None,
    form: Form = Format.JSON,
) -> ErrorPage | Response:
    """The items that failed, and how many failed in which way; files hold the items only."""
    job = await using.jobs.get(caller.user_id, job_id)
    after = _after(cursor)
    if form is not Format.JSON:
        failed = using.items.scan(job, ItemStatus.FAILED, after)
        return await download(_rows(failed), ITEM_COLUMNS, form, f"{job_id}-errors")
    items, more = await using.items.page(job, ItemStatus.FAILED, after, limit)
    groups = await using.error_groups.groups(job)
    page = ErrorPage(groups=groups, items=items, next_cursor=_cursor(items[-1]) if more else None)
    link_next(request, response, page.next_cursor)
    return page


@router.get(
    "/{job_id}/results",
    summary="List what a job collected",
    response_model=ResultPage,
    responses=_documented({"items": [{"seq": 17, **PRODUCT_EXAMPLE}], "next_cursor": None}),
)
async def list_results(
    *,
    request: Request,
    response: Response,
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    limit: Limit = 100,
    cursor: Cursor = None,
    form: Form = Format.JSON,
) -> ResultPage | Response:
    """The products of the items that succeeded, in the job's order, each as it is now.

    One that you have deleted since is left out.
    """
    job = await using.jobs.get(caller.user_id, job_id)
    after = _after(cursor)
    if form is not Format.JSON:
        return await download(_rows(using.results.scan(job, after)), RESULT_COLUMNS, form, f"{job_id}-results")
    items, more = await using.results.page(job, after, limit)
    page = ResultPage(items=items, next_cursor=_cursor(items[-1]) if more else None)
    link_next(request, response, page.next_cursor)
    return page


@router.get("/{job_id}/audit", summary="Audit a job", responses=responses(401, 403, 404, 503))
async def audit_job(job_id: str, caller: JobsReader, using: PartsOf) -> JobAudit:
    """Counts the job's items and outcomes anew, and tells every difference from what the job says of itself.

    total = succeeded + failed + cancelled + remaining. Takes about a second for 100,000 items.
    """
    job = await using.jobs.get(caller.user_id, job_id)
    return await using.auditor.audit(job.id)


async def _rows(entries: AsyncIterator[P]) -> Rows[Any]:
    async for entry in entries:
        yield Row(entry, _cursor(entry))


def _cursor(entry: _Placed) -> str:
    return cursors.encode(entry.seq)


def _after(cursor: str | None) -> int:
    """The place after which a list goes on."""
    if cursor is None:
        return -1
    seq: int = cursors.decode(cursor, int)[0]
    if not 0 <= seq < 2**31:
        raise cursors.bad_cursor()
    return seq
