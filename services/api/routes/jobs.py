"""Jobs over HTTP: submit, look up, list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.api import cursors
from services.api.dependencies import JobsReader, PartsOf
from services.api.errors import responses
from services.api.parameters import Text
from services.api.responses import JobPage, JobView
from services.api.routes.paging import LINK_HEADER, header, link_next
from services.api.tags import entity_tag, is_named
from services.api.views import job_view
from shared.jobs import JobStatus, JobType

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


class JobFilter(BaseModel):
    """What a list of jobs is narrowed to, and cut into."""

    status: JobStatus | None = Field(default=None, description="Only jobs in this status")
    job_type: JobType | None = Field(default=None, alias="type", description="Only jobs of this type")
    tag: Text = Field(default=None, max_length=64, description="Only jobs that bear this tag")
    q: Text = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Words of a job's search, address, tags, metadata or id, in any case and width",
    )
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)


@router.get("", summary="List jobs", responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 422, 503)})
async def list_jobs(
    request: Request, response: Response, caller: JobsReader, using: PartsOf, wanted: Annotated[JobFilter, Query()]
) -> JobPage:
    """Your jobs, the newest first."""
    jobs, more = await using.jobs.page(
        caller.user_id,
        status=wanted.status,
        job_type=wanted.job_type,
        tag=wanted.tag,
        q=wanted.q,
        before=None if wanted.cursor is None else cursors.decode(wanted.cursor, str)[0],
        limit=wanted.limit,
    )
    now = using.clock.now()
    page = JobPage(
        items=[job_view(job, now) for job in jobs], next_cursor=cursors.encode(jobs[-1].id) if more else None
    )
    link_next(request, response, page.next_cursor)
    return page


@router.get(
    "/{job_id}",
    summary="Look at a job",
    response_model=JobView,
    responses={
        200: {"headers": {"ETag": header("Weak; changes with the job and with what it waits for")}},
        304: {"description": "Nothing has changed since the `ETag` in `If-None-Match`"},
        **responses(401, 403, 404, 503),
    },
)
async def get_job(
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> JobView | Response:
    """The job as it stands."""
    job = await using.jobs.get(caller.user_id, job_id)
    view = job_view(job, using.clock.now())
    tag = entity_tag(view)
    if if_none_match is not None and is_named(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return view
