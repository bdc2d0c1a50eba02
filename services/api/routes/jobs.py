"""Jobs over HTTP: submit, look up, list."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from services.api import cursors
from services.api.dependencies import JobsReader, JobsWriter, PartsOf
from services.api.errors import responses
from services.api.problems import Problem, invalid_field
from services.api.requests import BULK_EXAMPLE, KEYWORD_EXAMPLE, URL_EXAMPLE
from services.api.responses import Counts, InvalidLine, JobAccepted, JobPage, JobView
from services.api.routes.paging import LINK_HEADER, link_next
from services.api.submission import MAX_REPORTED, Submission, understand
from services.api.views import entity_tag, job_view
from shared.jobs import JobStatus, JobType

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

# Larger bodies are read in a thread: 100,000 lines take about a second.
INLINE_BODY_BYTES = 16_384
SECONDS_TO_FIRST_LOOK = "1"
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/JobRequest"},
            "examples": {
                "asins": {"summary": "Products by ASIN", "value": BULK_EXAMPLE},
                "url": {"summary": "A bestseller list", "value": URL_EXAMPLE},
                "keyword": {"summary": "A search", "value": KEYWORD_EXAMPLE},
            },
        }
    },
}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}


async def submission(request: Request, caller: JobsWriter, using: PartsOf) -> Submission:
    """The request understood; its body is not read before the caller is known."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send the job as application/json.")
    body = await request.body()
    if len(body) <= INLINE_BODY_BYTES:
        return understand(body, using.settings)
    return await asyncio.to_thread(understand, body, using.settings)


@router.post(
    "",
    status_code=202,
    summary="Submit a job",
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        202: {
            "headers": {
                "Location": _header("Where the job is"),
                "Retry-After": _header("When to look at it for the first time, in seconds"),
                "Idempotency-Replayed": _header("`true` when this key had already made this job"),
            }
        },
        **responses(401, 403, 413, 415, 422, 503),
    },
)
async def submit_job(
    asked: Annotated[Submission, Depends(submission)],
    caller: JobsWriter,
    using: PartsOf,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(description="Up to 255 characters; the same key never makes a second job")
    ] = None,
) -> JobAccepted:
    """Takes the job in and answers at once; its products are collected afterwards.

    Lines of a `BULK_ASIN` job that name no product are reported and left out, unless `strict` is set.
    """
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise invalid_field("Idempotency-Key", "invalid_key", "must have 1 to 255 printable ASCII characters")
    accepted = await using.jobs.submit(caller.user_id, asked, idempotency_key)
    response.headers["Location"] = f"/v1/jobs/{accepted.job.id}"
    response.headers["Retry-After"] = SECONDS_TO_FIRST_LOOK
    if accepted.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return JobAccepted(
        **job_view(accepted.job, using.clock.now()).model_dump(), counts=_counts(asked), invalid=_invalid(asked)
    )


def _counts(asked: Submission) -> Counts | None:
    if asked.type is not JobType.BULK_ASIN:
        return None
    return Counts(accepted=len(asked.keys), duplicate=asked.duplicates, invalid=len(asked.invalid))


def _invalid(asked: Submission) -> list[InvalidLine]:
    return [
        InvalidLine(input=line.input, code=line.code, message=line.message) for line in asked.invalid[:MAX_REPORTED]
    ]


@router.get("", summary="List jobs", responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 422, 503)})
async def list_jobs(
    *,
    request: Request,
    response: Response,
    caller: JobsReader,
    using: PartsOf,
    status: Annotated[JobStatus | None, Query(description="Only jobs in this status")] = None,
    job_type: Annotated[JobType | None, Query(alias="type", description="Only jobs of this type")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> JobPage:
    """Your jobs, the newest first."""
    before = None if cursor is None else cursors.decode(cursor, str)[0]
    jobs, more = await using.jobs.page(caller.user_id, status=status, job_type=job_type, before=before, limit=limit)
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
        200: {"headers": {"ETag": _header("Weak; changes with the job")}},
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
    tag = entity_tag(job)
    if if_none_match is not None and tag in {given.strip() for given in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return job_view(job, using.clock.now())
