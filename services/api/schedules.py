"""Schedules as their users see and change them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.api.problems import FieldError, Problem, invalid_field
from services.api.requests import KEYWORD_EXAMPLE, JobRequest, printable
from services.api.responses import Counts, InvalidLine, JobSettingsView, JobSource
from services.api.settings import ApiSettings
from services.api.submission import AnyRequest, Submission, submission_of
from services.api.views import counts_of, invalid_of
from shared.jobs import JobType
from shared.schedules import BadCronError, BadZoneError, next_runs

SHOWN_RUNS = 5
SCHEDULE_EXAMPLE: dict[str, Any] = {
    "id": "019ab0c2d7e47c60a1f2b3c4d5e6f70a",
    "name": "every morning",
    "cron": "0 6 * * *",
    "timezone": "Asia/Tokyo",
    "paused": False,
    "missed": "run_once",
    "overlap": "skip",
    "next_runs": ["2026-11-23T21:00:00Z", "2026-11-24T21:00:00Z"],
    "last_job_id": None,
    "created_at": "2026-11-23T06:00:00Z",
    "updated_at": "2026-11-23T06:00:00Z",
    "job": {
        "type": "BULK_ASIN",
        "priority": "normal",
        "request": {"count": 3},
        "settings": {
            "auto_analyze": True,
            "target_margin": 10.0,
            "japan_shipping_jpy": 0,
            "korea_shipping_krw": 0,
            "packaging_krw": 0,
            "shipping_tier": "economy",
            "max_age_seconds": 300,
            "time_limit_seconds": 604800,
        },
        "tags": [],
        "metadata": {},
    },
}
RUN_EXAMPLE: dict[str, Any] = {
    "id": "019ab0c2d7e47c60a1f2b3c4d5e6f70a:1795381200",
    "due_at": "2026-11-22T21:00:00Z",
    "decided_at": "2026-11-22T21:00:01Z",
    "outcome": "fired",
    "job_id": "019aa9f3c8807c60a1f2b3c4d5e6f70b",
    "previous_job_id": None,
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable)]
LONGEST_STEP = 59


def _stepping(cron: str) -> str:
    """Raises ValueError for a step that no field is wide enough for."""
    if any(int(step) > LONGEST_STEP for step in re.findall(r"/([0-9]+)", cron)):
        raise ValueError(f"a step is at most {LONGEST_STEP}")
    return cron


Cron = Annotated[str, Field(max_length=200), AfterValidator(printable), AfterValidator(_stepping)]
Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
Missed = Literal["skip", "run_once"]
Overlap = Literal["skip", "allow"]
MISSED_HELP = "What becomes of times that passed while nothing ran: left out, or made up for by one run"
OVERLAP_HELP = "Whether a time is left out while the last job has not ended"


class NewSchedule(_Request):
    """A job that is to be made again and again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "mornings", "cron": "0 6 * * *", "job": KEYWORD_EXAMPLE}]}
    )

    name: Name
    cron: Cron = Field(description="Minute, hour, day, month, day of the week")
    timezone: Zone | None = Field(default=None, description="IANA time zone; without, ASINFLOW_SCHEDULE_TIMEZONE")
    missed: Missed = Field(default="run_once", description=MISSED_HELP)
    overlap: Overlap = Field(default="skip", description=OVERLAP_HELP)
    paused: bool = False
    job: JobRequest = Field(description="As in `POST /v1/jobs`")


class SchedulePatch(_Request):
    """What is to change; what is not given stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    name: Name | None = None
    cron: Cron | None = None
    timezone: Zone | None = None
    missed: Missed | None = None
    overlap: Overlap | None = None
    paused: bool | None = Field(default=None, description="Times that pass meanwhile are not made up for")
    job: JobRequest | None = Field(
        default=None,
        description="As in `POST /v1/jobs`, in the place of the whole job: what is not said is default",
    )


class JobTemplate(BaseModel):
    """What its jobs are asked to be, every default filled in when the schedule was made or its job changed."""

    type: JobType
    priority: str
    request: JobSource
    settings: JobSettingsView
    tags: list[str]
    metadata: dict[str, str]


class ScheduleView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [SCHEDULE_EXAMPLE]})

    id: str
    name: str
    cron: str
    timezone: str
    paused: bool
    missed: str
    overlap: str
    next_runs: list[datetime] = Field(description="The next five times; none while it is paused")
    last_job_id: str | None
    created_at: datetime
    updated_at: datetime
    job: JobTemplate


class ScheduleAccepted(ScheduleView):
    """A schedule just made or changed, and what became of the lines of the list that its job was given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **SCHEDULE_EXAMPLE,
                    "counts": {"accepted": 3, "duplicate": 0, "invalid": 1},
                    "invalid": [{"line": 4, "input": "B07", "code": "length", "message": "'B07' is not an ASIN: …"}],
                }
            ]
        }
    )

    counts: Counts | None = Field(default=None, description="For a BULK_ASIN job that was given")
    invalid: list[InvalidLine] = Field(default=[], description="The first 1,000 lines that name no product")


class ListedProduct(BaseModel):
    marketplace: str
    asin: str


class ScheduleProducts(BaseModel):
    """The list that a schedule's jobs are made of."""

    items: list[ListedProduct]


class SchedulePage(BaseModel):
    items: list[ScheduleView]
    next_cursor: str | None


class ScheduleTimes(BaseModel):
    """When a schedule would be due; nothing is stored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{name: SCHEDULE_EXAMPLE[name] for name in ("cron", "timezone", "next_runs")}]}
    )

    cron: str
    timezone: str
    next_runs: list[datetime] = Field(description="The next five times")


class ScheduleRunView(BaseModel):
    """A time of a schedule that has come."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN_EXAMPLE]})

    id: str
    due_at: datetime
    decided_at: datetime
    outcome: str = Field(description="`fired`, `missed` (too late) or `overlap` (its last job had not ended)")
    job_id: str | None
    previous_job_id: str | None = Field(description="The job of the run before, with which its delta compares")


class ScheduleRunPage(BaseModel):
    items: list[ScheduleRunView]
    next_cursor: str | None


def checked_runs(cron: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    """Raises Problem (422) for what is no expression, no zone, or never due."""
    try:
        found = next_runs(cron, timezone, after, count)
    except BadZoneError as error:
        raise invalid_field("timezone", "unknown_timezone", str(error)) from error
    except BadCronError as error:
        raise invalid_field("cron", "invalid_cron", str(error)) from error
    if not found:
        raise invalid_field("cron", "never_due", "is never due")
    return found


def understood(request: AnyRequest, settings: ApiSettings) -> Submission:
    """The job as `POST /v1/jobs` would take it. Raises Problem (422), its fields below `job`."""
    try:
        submission = submission_of(request, settings)
    except Problem as problem:
        errors = [FieldError(f"job.{each.field}", each.code, each.message) for each in problem.errors]
        raise Problem(problem.status, problem.code, problem.detail, errors=errors) from problem
    most = settings.max_items_per_scheduled_job
    if max(len(submission.keys), submission.request.get("max_results") or 0) > most:
        raise invalid_field("job", "too_many", f"a job of a schedule takes at most {most} products")
    return submission


def new_schedule(
    schedule_id: str, user_id: str, asked: NewSchedule, timezone: str, submission: Submission, now: datetime
) -> dict[str, Any]:
    return {
        "_id": schedule_id,
        "user_id": user_id,
        "name": asked.name,
        "cron": " ".join(asked.cron.split()),
        "timezone": timezone,
        "paused": asked.paused,
        "missed": asked.missed,
        "overlap": asked.overlap,
        "next_at": checked_runs(asked.cron, timezone, now, 1)[0],
        "last_job_id": None,
        **job_template(submission),
        "created_at": now,
        "updated_at": now,
    }


def job_template(submission: Submission) -> dict[str, Any]:
    """What of a schedule says which job is made."""
    options = submission.options
    job = {
        "type": str(submission.type),
        "priority": options.priority,
        "request": dict(submission.request),
        "settings": dict(options.settings),
        "tags": list(options.tags),
        "metadata": [[name, value] for name, value in options.metadata.items()],
    }
    return {"job": job, "keys": list(submission.keys)}


def schedule_view(document: Mapping[str, Any], now: datetime) -> ScheduleView:
    due = [] if document["paused"] else checked_runs(document["cron"], document["timezone"], now, SHOWN_RUNS)
    job = {**document["job"], "metadata": dict(document["job"]["metadata"])}
    return ScheduleView.model_validate({**document, "id": document["_id"], "next_runs": due, "job": job})


def accepted_view(document: Mapping[str, Any], submission: Submission | None, now: datetime) -> ScheduleAccepted:
    """`submission` is the job that the request gave, if it gave one."""
    shown: dict[str, Any] = schedule_view(document, now).model_dump()
    if submission is not None:
        shown |= {"counts": counts_of(submission), "invalid": invalid_of(submission)}
    return ScheduleAccepted.model_validate(shown)


def run_view(document: Mapping[str, Any]) -> ScheduleRunView:
    return ScheduleRunView.model_validate({**document, "id": document["_id"]})
