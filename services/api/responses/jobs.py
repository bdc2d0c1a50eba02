"""A job as its user sees it, and what was done to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import JobStatus, JobType
from shared.profit.tables import ShippingTier
from shared.quality import Quality
from shared.validation import is_none

JOB_EXAMPLE: dict[str, Any] = {
    "id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "type": "BULK_ASIN",
    "status": "PROCESSING",
    "status_reason": "waiting for amazon.co.jp until 2026-11-23T06:02:10Z",
    "waiting_for": {"marketplace": "amazon.co.jp", "until": "2026-11-23T06:02:10Z"},
    "delayed_by": [{"marketplace": "amazon.co.jp", "until": "2026-11-23T06:02:10Z"}],
    "priority": "normal",
    "request": {"count": 100, "url": None, "keyword": None, "marketplace": None, "max_results": None},
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
    "run": 1,
    "rev": 12,
    "created_at": "2026-11-23T06:00:00Z",
    "updated_at": "2026-11-23T06:01:40Z",
    "started_at": "2026-11-23T06:00:01Z",
    "completed_at": None,
    "total_items": 100,
    "progress": 50,
    "success_count": 48,
    "error_count": 2,
    "cancelled_count": 0,
    "progress_percent": 50.0,
    "success_rate": 96.0,
    "items_per_second": 0.51,
    "eta_seconds": 98.0,
    "duration_seconds": 99.0,
    "error_message": None,
    "tags": ["autumn"],
    "metadata": {"order": "A-17"},
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
}
TIMELINE_EXAMPLE: dict[str, Any] = {
    "at": "2026-11-23T06:00:01Z",
    "kind": "start",
    "before": "PENDING",
    "after": "PROCESSING",
    "run": 1,
    "rev": 1,
    "reason": None,
    "actor": "expander",
}


class JobSource(BaseModel):
    """What the job is about, normalised; what does not apply to its type is null."""

    count: int | None = Field(default=None, description="Distinct products of a BULK_ASIN job")
    url: str | None = None
    keyword: str | None = None
    marketplace: str | None = None
    max_results: int | None = None


class QualityGateView(BaseModel):
    min_success_rate: float | None
    min_coverage: dict[str, float]


class JobSettingsView(BaseModel):
    auto_analyze: bool
    target_margin: float
    japan_shipping_jpy: int
    korea_shipping_krw: int
    packaging_krw: int = 0
    shipping_tier: ShippingTier = "economy"
    max_age_seconds: int
    time_limit_seconds: int | None = None
    quality_gate: QualityGateView | None = Field(default=None, exclude_if=is_none, description="Only if one was set")


class WaitingView(BaseModel):
    """A marketplace that asked to slow down, and when it is asked again."""

    marketplace: str
    until: datetime


class JobView(BaseModel):
    """A job as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    type: JobType
    status: JobStatus
    status_reason: str | None
    waiting_for: WaitingView | None = Field(
        default=None,
        description="While nothing more of it can be handed out: the marketplace that it waits for, of several "
        "the one asked again soonest; it is delayed, not failed",
    )
    delayed_by: list[WaitingView] = Field(
        default=[],
        description="Every marketplace of its items that asked to slow down, the one asked again soonest "
        "first; items of others go on",
    )
    priority: str
    request: JobSource
    settings: JobSettingsView
    run: int = Field(description="1, then one more with each retry")
    rev: int = Field(description="Rises with every change: of two views of a job the one with the higher is newer")
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_items: int | None = Field(
        description="Null until the source is resolved; of a job that ended before, the items known by then"
    )
    progress: int = Field(description="Items that have their outcome: success_count + error_count")
    success_count: int
    error_count: int
    cancelled_count: int = Field(description="Items without an outcome that will get none in this run")
    progress_percent: float
    success_rate: float | None = Field(description="Percent of finished items that succeeded; null before the first")
    items_per_second: float | None
    eta_seconds: float | None = Field(description="Time left at the present rate; null unless PROCESSING")
    duration_seconds: float | None = Field(description="From the start to the end or now; null before the start")
    error_message: str | None
    quality: Quality | None = Field(
        default=None,
        exclude_if=is_none,
        description="Only of an ended job with a `quality_gate`: the verdict on its last run",
    )
    tags: list[str] = []
    metadata: dict[str, str] = {}
    trace_id: str | None = Field(
        default=None, description="The trace that began with its request: in the `traceparent` given, in logs and spans"
    )


class TimelineEntryView(BaseModel):
    """What was done to a job, when and by whom."""

    model_config = ConfigDict(json_schema_extra={"examples": [TIMELINE_EXAMPLE]})

    at: datetime
    kind: str = Field(
        description="submit, start, begin, pause, resume, priority, complete, cancel, leave, fail, retry …"
    )
    before: JobStatus | None = Field(description="Its status until then; null for the first entry")
    after: JobStatus
    run: int
    rev: int
    reason: str | None
    actor: str = Field(description="`user`, or the service that did it")


class TimelinePage(BaseModel):
    items: list[TimelineEntryView]
    next_cursor: str | None


class JobPage(BaseModel):
    items: list[JobView]
    next_cursor: str | None = Field(description="Hand it back as `cursor` for the next page; null on the last one")
