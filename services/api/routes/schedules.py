"""Schedules, their runs, and what a run found changed, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.api import cursors
from services.api.deltas import Change, RunDelta
from services.api.dependencies import JobsCollector, JobsReader, JobsWriter, PartsOf
from services.api.errors import responses
from services.api.keys import Making, checked_key
from services.api.routes.making import REPLAYED_HEADER, IdempotencyKey, tell_made
from services.api.routes.paging import LINK_HEADER, header, link_next
from services.api.schedules import (
    SHOWN_RUNS,
    Cron,
    ListedProduct,
    NewSchedule,
    ScheduleAccepted,
    SchedulePage,
    SchedulePatch,
    ScheduleProducts,
    ScheduleRunPage,
    ScheduleTimes,
    ScheduleView,
    Zone,
    checked_runs,
    run_view,
    schedule_view,
)
from services.api.submission import fingerprint

router = APIRouter(prefix="/v1/schedules", tags=["schedules"])

ScheduleId = Annotated[str, Path(max_length=64)]
RunId = Annotated[str, Path(max_length=100)]


@router.get("", summary="List schedules", responses=responses(401, 403, 503))
async def list_schedules(caller: JobsReader, using: PartsOf) -> SchedulePage:
    """Your schedules, the newest first, all on one page."""
    now = using.clock.now()
    found = await using.schedules.all(caller.user_id)
    return SchedulePage(items=[schedule_view(each, now) for each in found], next_cursor=None)


@router.post(
    "",
    status_code=201,
    summary="Create a schedule",
    responses={
        201: {"headers": {"Location": header("Where the schedule is"), **REPLAYED_HEADER}},
        **responses(401, 403, 409, 413, 422, 503),
    },
)
async def create_schedule(
    caller: JobsCollector,
    using: PartsOf,
    wanted: NewSchedule,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ScheduleAccepted:
    """Has a job made at the times of a cron expression, in a time zone, through changes of the clocks.

    A fixed time that the clocks skip comes as soon as they have been put forward; one that they show twice comes once.
    With a wildcard for minute or hour it is due whenever the clocks show so: not in an hour that they skip, both times
    in one that they show twice. Lines of a list that name no product are told and left out, unless `strict` is set.
    """

    async def make(making: Making) -> ScheduleAccepted:
        return await using.schedules.create(caller.user_id, wanted, making)

    asked = (caller.user_id, checked_key(idempotency_key), f"schedule:{fingerprint(wanted)}")
    created, replayed = await using.keys.once(*asked, make, ScheduleAccepted)
    tell_made(response, f"/v1/schedules/{created.id}", replayed=replayed)
    return created


@router.get("/times", summary="See when a schedule would be due", responses=responses(401, 403, 422, 503))
async def preview_times(
    *,
    caller: JobsReader,
    using: PartsOf,
    cron: Annotated[Cron, Query(description="Minute, hour, day, month, day of the week")],
    timezone: Annotated[Zone | None, Query(description="IANA time zone; without, ASINFLOW_SCHEDULE_TIMEZONE")] = None,
) -> ScheduleTimes:
    """The next times of a cron expression in a time zone, as a schedule would have them. Stores nothing."""
    zone = timezone or using.settings.schedule_timezone
    due = checked_runs(cron, zone, using.clock.now(), SHOWN_RUNS)
    return ScheduleTimes(cron=cron, timezone=zone, next_runs=due)


@router.get("/{schedule_id}", summary="Look at a schedule", responses=responses(401, 403, 404, 422, 503))
async def get_schedule(schedule_id: ScheduleId, caller: JobsReader, using: PartsOf) -> ScheduleView:
    """With the next times it is due."""
    return schedule_view(await using.schedules.get(caller.user_id, schedule_id), using.clock.now())


@router.get(
    "/{schedule_id}/products", summary="List a schedule's products", responses=responses(401, 403, 404, 422, 503)
)
async def schedule_products(schedule_id: ScheduleId, caller: JobsReader, using: PartsOf) -> ScheduleProducts:
    """The list that its jobs are made of, in order and all of it; empty for a search or a page."""
    keys = await using.schedules.keys(caller.user_id, schedule_id)
    pairs = (key.split(":", 1) for key in keys)
    return ScheduleProducts(items=[ListedProduct(marketplace=place, asin=asin) for place, asin in pairs])


@router.patch("/{schedule_id}", summary="Change a schedule", responses=responses(401, 403, 404, 409, 413, 422, 503))
async def change_schedule(
    schedule_id: ScheduleId, caller: JobsWriter, using: PartsOf, wanted: SchedulePatch
) -> ScheduleAccepted:
    """Changes what is given; pauses it or lets it go on. Another `job` is made from the next time on."""
    return await using.schedules.change(caller.user_id, schedule_id, wanted)


@router.delete(
    "/{schedule_id}", status_code=204, summary="Delete a schedule", responses=responses(401, 403, 404, 422, 503)
)
async def delete_schedule(schedule_id: ScheduleId, caller: JobsWriter, using: PartsOf) -> None:
    """Its jobs stay."""
    await using.schedules.delete(caller.user_id, schedule_id)


@router.get(
    "/{schedule_id}/runs",
    summary="List a schedule's runs",
    responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 404, 422, 503)},
)
async def list_runs(
    *,
    request: Request,
    response: Response,
    schedule_id: ScheduleId,
    caller: JobsReader,
    using: PartsOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> ScheduleRunPage:
    """Its times that have come, the latest first; kept for half a year."""
    before = None if cursor is None else cursors.decode_moment(cursor)[0]
    found, more = await using.schedules.runs(caller.user_id, schedule_id, before, limit)
    next_cursor = cursors.encode(found[-1]["due_at"].isoformat(), found[-1]["_id"]) if more else None
    link_next(request, response, next_cursor)
    return ScheduleRunPage(items=[run_view(each) for each in found], next_cursor=next_cursor)


@router.get(
    "/{schedule_id}/runs/{run_id}/delta",
    summary="See what a run found changed",
    responses=responses(401, 403, 404, 409, 422, 503),
)
async def get_delta(
    *,
    schedule_id: ScheduleId,
    run_id: RunId,
    caller: JobsReader,
    using: PartsOf,
    change: Annotated[Change | None, Query(description="Only products that changed so")] = None,
) -> RunDelta:
    """Products new, gone, dearer, cheaper, back in stock or out of it since the run before that made a job."""
    return await using.schedules.delta(caller.user_id, schedule_id, run_id, change)
