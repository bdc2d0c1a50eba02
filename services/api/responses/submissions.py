"""What becomes of a request for a job: taken in, or only quoted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.responses.jobs import JOB_EXAMPLE, JobView
from shared.jobs import JobType

QUOTE_EXAMPLE: dict[str, Any] = {
    "type": "BULK_ASIN",
    "counts": {"accepted": 100, "duplicate": 1, "invalid": 1},
    "invalid": [{"line": 7, "input": "B07", "code": "length", "message": "'B07' is not an ASIN: …"}],
    "items": 100,
    "items_at_most": False,
    "already_fresh": 20,
    "expected_requests": 80,
    "marketplaces": [
        {
            "marketplace": "amazon.co.jp",
            "items": 100,
            "already_fresh": 20,
            "requests": 80,
            "interval_seconds": 2.0,
            "blocked_seconds": 0.0,
            "requests_of_others": 40,
        }
    ],
    "running_jobs": 1,
    "concurrent_jobs": 5,
    "start_delay_seconds": 0.0,
    "eta_seconds": 240.0,
    "would_finish_at": "2026-11-23T06:04:00Z",
}


class Counts(BaseModel):
    """What became of the lines of a BULK_ASIN request."""

    accepted: int
    duplicate: int
    invalid: int


class InvalidLine(BaseModel):
    """A line that names no product, and why."""

    line: int | None = Field(default=None, description="Its line in an upload, or its place in `asins`, from 1")
    input: str = Field(description="As it was sent")
    code: str
    message: str


class JobAccepted(JobView):
    """A job just taken in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **JOB_EXAMPLE,
                    "status": "PENDING",
                    "status_reason": None,
                    "waiting_for": None,
                    "delayed_by": [],
                    "total_items": None,
                    "started_at": None,
                    "progress": 0,
                    "success_count": 0,
                    "error_count": 0,
                    "progress_percent": 0.0,
                    "success_rate": None,
                    "items_per_second": None,
                    "eta_seconds": None,
                    "duration_seconds": None,
                    "counts": {"accepted": 100, "duplicate": 1, "invalid": 1},
                    "invalid": [{"line": 7, "input": "B07", "code": "length", "message": "'B07' is not an ASIN: …"}],
                }
            ]
        }
    )

    counts: Counts | None = Field(default=None, description="For BULK_ASIN only")
    invalid: list[InvalidLine] = Field(default=[], description="The first 1,000 lines that name no product")


class MarketplaceQuote(BaseModel):
    """What a job would ask of one marketplace."""

    marketplace: str
    items: int
    already_fresh: int = Field(description="Items whose observation is no older than `max_age_seconds`")
    requests: int = Field(description="Pages to fetch: of products, and those that list them")
    interval_seconds: float = Field(description="Time between two requests now in force, over all ways out")
    blocked_seconds: float = Field(description="How long the marketplace still asks us to stay away")
    requests_of_others: int = Field(description="Requests of running jobs that would be made in between")


class Quote(BaseModel):
    """What a job would come to if it were submitted now. Nothing is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [QUOTE_EXAMPLE]})

    type: JobType
    counts: Counts | None = Field(description="For BULK_ASIN only")
    invalid: list[InvalidLine] = Field(description="The first 1,000 lines that name no product")
    items: int
    items_at_most: bool = Field(description="A listing may hold fewer products than it was asked for")
    already_fresh: int
    expected_requests: int
    marketplaces: list[MarketplaceQuote]
    running_jobs: int = Field(description="Yours, now")
    concurrent_jobs: int = Field(description="Yours that may run at once; further ones wait")
    start_delay_seconds: float
    eta_seconds: float = Field(description="From now to its end, at the present pace and with the jobs now running")
    would_finish_at: datetime
