"""What can be done with a job after submitting it, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from services.api import cursors
from services.api.dependencies import JobsCollector, JobsReader, JobsWriter, PartsOf
from services.api.errors import responses
from services.api.records import TimelineEntry
from services.api.requests import JobPatch, RecollectRequest, RetryRequest
from services.api.responses import JobView, TimelineEntryView, TimelinePage
from services.api.routes.paging import LINK_HEADER, link_next
from services.api.tags import entity_tag, tagged_revision
from services.api.views import job_view

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"])

REFUSALS = responses(401, 403, 404, 409, 503)


@router.post("/cancel", summary="Cancel a job", responses=REFUSALS)
async def cancel_job(job_id: str, caller: JobsWriter, using: PartsOf, response: Response) -> JobView:
    """Ends the job at once: what is not collected yet will not be. Cancelling a cancelled job changes nothing."""
    return _tagged(job_view(await using.life.cancel(caller.user_id, job_id), using.clock.now()), response)


@router.post("/pause", summary="Pause a job", responses=REFUSALS)
async def pause_job(job_id: str, caller: JobsWriter, using: PartsOf, response: Response) -> JobView:
    """Stops the job within a second; what is being fetched is still stored and counted. A paused job is none of the
    jobs that a user may have running, and it never expires. Pausing a paused job changes nothing."""
    return _tagged(job_view(await using.life.pause(caller.user_id, job_id), using.clock.now()), response)


@router.post("/resume", summary="Resume a paused job", responses=REFUSALS)
async def resume_job(job_id: str, caller: JobsWriter, using: PartsOf, response: Response) -> JobView:
    """Lets the job wait for its turn and go on where it stood. Of a job that is not paused it changes nothing."""
    return _tagged(job_view(await using.life.resume(caller.user_id, job_id), using.clock.now()), response)


@router.post(
    "/retry",
    status_code=202,
    summary="Try failed items again",
    responses={**REFUSALS, **responses(422)},
)
async def retry_job(job_id: str, caller: JobsCollector, using: PartsOf, asked: RetryRequest | None = None) -> JobView:
    """Begins a new run of an ended job with its failed items, all or those with certain error codes, and on request
    with those that were cancelled. Other outcomes stay; `total_items` does not change. Items that have no outcome and
    are not asked for stay `cancelled`, and then the job ends CANCELLED again. It waits for its turn as any job."""
    asked = asked or RetryRequest()
    codes = None if asked.error_codes is None else tuple(dict.fromkeys(asked.error_codes))
    job = await using.life.retry(caller.user_id, job_id, codes, unfinished=asked.include_cancelled)
    return job_view(job, using.clock.now())


@router.post(
    "/recollect",
    status_code=202,
    summary="Collect a job's old products anew",
    responses={**REFUSALS, **responses(422)},
)
async def recollect_job(job_id: str, caller: JobsCollector, using: PartsOf, asked: RecollectRequest) -> JobView:
    """Begins a new run of an ended job with the items that succeeded and whose product was last seen, by whichever job,
    longer ago than asked; `settings.max_age_seconds` falls to that age if it was higher. When there are none the run
    ends at once."""
    job = await using.life.recollect(caller.user_id, job_id, asked.older_than_seconds)
    return job_view(job, using.clock.now())


@router.patch("", summary="Change a job's priority", responses={**REFUSALS, **responses(412, 422)})
async def change_job(
    job_id: str,
    caller: JobsWriter,
    using: PartsOf,
    response: Response,
    asked: JobPatch,
    if_match: Annotated[str | None, Header(description="Only if the job has this `ETag`")] = None,
) -> JobView:
    """The place of a job among your own, while it waits and while it runs."""
    job = await using.life.prioritise(caller.user_id, job_id, asked.priority, _revisions(if_match))
    return _tagged(job_view(job, using.clock.now()), response)


def _tagged(view: JobView, response: Response) -> JobView:
    """With the `ETag` that the next change may name."""
    response.headers["ETag"] = entity_tag(view)
    return view


def _revisions(if_match: str | None) -> set[str] | None:
    """The revisions that the tags of an If-Match header name: weak ones as well, for a job has no others, and whatever
    the job waited for, which is no change of it."""
    if if_match is None or if_match.strip() == "*":
        return None
    return {tagged_revision(tag) for tag in if_match.split(",")}


@router.delete("", status_code=204, summary="Delete a job", responses={**REFUSALS, **responses(422)})
async def delete_job(
    job_id: str,
    caller: JobsWriter,
    using: PartsOf,
    cancel: Annotated[bool, Query(description="Cancel it first if it has not ended")] = False,
) -> None:
    """Deletes an ended job with its items, outcomes and timeline; the products that it collected stay. Asked again
    within a quarter of an hour, as when the first answer was lost, it says the same; after that there is no such job:
    404."""
    await using.life.delete(caller.user_id, job_id, cancel=cancel)


@router.get(
    "/timeline",
    summary="See what was done to a job",
    responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 404, 422, 503)},
)
async def job_timeline(
    *,
    request: Request,
    response: Response,
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> TimelinePage:
    """Every change of its status or priority, the oldest first: when, why and by whom."""
    after = -1 if cursor is None else cursors.decode(cursor, int)[0]
    found, more = await using.life.timeline(caller.user_id, job_id, after, limit)
    page = TimelinePage(
        items=[_entry_view(entry) for entry in found], next_cursor=cursors.encode(found[-1].rev) if more else None
    )
    link_next(request, response, page.next_cursor)
    return page


def _entry_view(entry: TimelineEntry) -> TimelineEntryView:
    return TimelineEntryView.model_validate(entry, from_attributes=True)
