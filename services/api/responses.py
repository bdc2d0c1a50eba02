"""What clients get: response models with examples."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.jobs import ItemStatus, JobStatus, JobType


def to_number(value: Decimal) -> int | float:
    """A JSON number that prints `value` exactly: floats keep 15 digits, more than any price has."""
    return int(value) if value == value.to_integral_value() else float(value)


Number = Annotated[Decimal, PlainSerializer(to_number, return_type=int | float, when_used="json")]

JOB_EXAMPLE: dict[str, Any] = {
    "id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "type": "BULK_ASIN",
    "status": "PROCESSING",
    "status_reason": "waiting for amazon.co.jp until 2026-11-23T06:02:10Z",
    "waiting_for": {"marketplace": "amazon.co.jp", "until": "2026-11-23T06:02:10Z"},
    "priority": "normal",
    "request": {"count": 100, "url": None, "keyword": None, "marketplace": None, "max_results": None},
    "settings": {
        "auto_analyze": True,
        "target_margin": 10.0,
        "japan_shipping_jpy": 0,
        "korea_shipping_krw": 0,
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
ITEM_EXAMPLE: dict[str, Any] = {
    "seq": 17,
    "asin": "B07WXL5YPW",
    "marketplace": "amazon.co.jp",
    "status": "failed",
    "attempts": 1,
    "error": {"code": "not_found", "message": "The marketplace has no such product.", "retryable": False},
    "processed_at": "2026-11-23T06:00:35Z",
    "next_attempt_at": None,
    "origin": "fetched",
}
PRODUCT_EXAMPLE: dict[str, Any] = {
    "marketplace": "amazon.co.jp",
    "asin": "B07WXL5YPW",
    "url": "https://www.amazon.co.jp/dp/B07WXL5YPW",
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "title": "Nintendo Switch 本体",
    "price": 32978,
    "currency": "JPY",
    "list_price": None,
    "brand": "任天堂",
    "author": None,
    "rating": 4.6,
    "review_count": 48211,
    "images": ["https://m.media-amazon.com/images/I/61-PblYntsL.jpg"],
    "features": ["本体 1台"],
    "categories": ["ゲーム", "Nintendo Switch"],
    "weight_g": 1800,
    "dimensions_mm": [239, 102, 13.9],
    "availability": "in_stock",
    "availability_text": "在庫あり。",
    "parent_asin": None,
    "seller": "Amazon.co.jp",
    "condition": "new",
    "variation": {"色": "ネオンブルー"},
    "description": None,
    "aplus_images": [],
    "bestseller_ranks": [{"rank": 3, "category": "Nintendo Switch本体"}],
    "previous_price": 35978,
    "price_change_percent": -8.34,
    "price_changed_at": "2026-11-21T18:30:00Z",
    "analysis": None,
    "favorite": False,
    "notes": "",
    "created_at": "2026-11-23T06:00:05Z",
    "collected_at": "2026-11-23T06:00:05Z",
    "missing": {
        "list_price": "not_reduced",
        "author": "not_on_page",
        "parent_asin": "not_on_page",
        "description": "not_on_page",
        "analysis": "not_analyzed",
    },
}


PRICE_POINT_EXAMPLE: dict[str, Any] = {
    "at": "2026-11-21T18:30:00Z",
    "price": 32978,
    "currency": "JPY",
    "availability": "in_stock",
}
# As the profit routes document it; what is stored is handed on as it is.
ANALYSIS = WithJsonSchema({"$ref": "#/components/schemas/Analysis"})


class JobSource(BaseModel):
    """What the job is about, normalised; what does not apply to its type is null."""

    count: int | None = Field(default=None, description="Distinct products of a BULK_ASIN job")
    url: str | None = None
    keyword: str | None = None
    marketplace: str | None = None
    max_results: int | None = None


class JobSettingsView(BaseModel):
    auto_analyze: bool
    target_margin: float
    japan_shipping_jpy: int
    korea_shipping_krw: int
    max_age_seconds: int
    time_limit_seconds: int | None = None


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
        description="While it runs: a marketplace of its items that asked to slow down; it is delayed, not failed",
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
    total_items: int | None = Field(description="Null until the source is resolved")
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
    tags: list[str] = []
    metadata: dict[str, str] = {}
    trace_id: str | None = Field(
        default=None, description="The trace that began with its request: in the `traceparent` given, in logs and spans"
    )


class Counts(BaseModel):
    """What became of the lines of a BULK_ASIN request."""

    accepted: int
    duplicate: int
    invalid: int


class InvalidLine(BaseModel):
    """A line that names no product, and why."""

    input: str
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
                    "invalid": [{"input": "B07", "code": "length", "message": "'B07' is not an ASIN: …"}],
                }
            ]
        }
    )

    counts: Counts | None = Field(default=None, description="For BULK_ASIN only")
    invalid: list[InvalidLine] = Field(default=[], description="The first 1,000 lines that name no product")


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


QUOTE_EXAMPLE: dict[str, Any] = {
    "type": "BULK_ASIN",
    "counts": {"accepted": 100, "duplicate": 1, "invalid": 1},
    "invalid": [{"input": "B07", "code": "length", "message": "'B07' is not an ASIN: …"}],
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


class JobPage(BaseModel):
    items: list[JobView]
    next_cursor: str | None = Field(description="Hand it back as `cursor` for the next page; null on the last one")


class ItemErrorView(BaseModel):
    code: str
    message: str
    retryable: bool


class ItemView(BaseModel):
    """One product of a job, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    seq: int = Field(description="Place in the job, from 0")
    asin: str
    marketplace: str
    status: ItemStatus
    attempts: int
    error: ItemErrorView | None
    processed_at: datetime | None
    next_attempt_at: datetime | None = Field(default=None, description="When an item that failed so far is tried again")
    origin: str | None = Field(description="`fetched`, or `reused` when a fresh observation was at hand")


class ItemPage(BaseModel):
    items: list[ItemView]
    next_cursor: str | None


ERROR_GROUP_EXAMPLE: dict[str, Any] = {
    "code": "not_found",
    "retryable": False,
    "count": 2,
    "message": "The marketplace has no such product.",
}
AUDIT_EXAMPLE: dict[str, Any] = {
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "rev": 12,
    "run": 1,
    "status": "PROCESSING",
    "total_items": 100,
    "stored_items": 100,
    "ledger_count": 50,
    "recorded": {"total": 100, "succeeded": 48, "failed": 2, "cancelled": 0, "remaining": 50},
    "derived": {"total": 100, "succeeded": 49, "failed": 2, "cancelled": 0, "remaining": 49},
    "balanced": True,
    "differences": [
        {
            "code": "outcome_uncounted",
            "message": "Outcomes that the ledger does not have yet",
            "expected": 0,
            "actual": 1,
            "seqs": [50],
            "passing": True,
        }
    ],
}


class ErrorGroupView(BaseModel):
    """Failures of one kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [ERROR_GROUP_EXAMPLE]})

    code: str
    retryable: bool
    count: int
    message: str = Field(description="Of one of them")


class ErrorPage(BaseModel):
    groups: list[ErrorGroupView] = Field(description="All failures of the job by kind, the most frequent first")
    items: list[ItemView]
    next_cursor: str | None


class AuditCounts(BaseModel):
    """total = succeeded + failed + cancelled + remaining."""

    total: int
    succeeded: int
    failed: int
    cancelled: int
    remaining: int


class AuditDifference(BaseModel):
    """Where two accounts of a job differ."""

    code: str = Field(
        description="`items_missing`, `ledger_count`, `outcome_uncounted`, `outcome_missing`, `outcome_outside`, "
        "`succeeded_count` or `failed_count`"
    )
    message: str
    expected: int
    actual: int
    seqs: list[int] = Field(description="The first 100 items that it is about, where it is about items")
    passing: bool = Field(description="It is only that facts are still on their way")


class JobAudit(BaseModel):
    """What the job says of itself beside what its items and outcomes add up to."""

    model_config = ConfigDict(json_schema_extra={"examples": [AUDIT_EXAMPLE]})

    job_id: str
    rev: int
    run: int
    status: JobStatus
    total_items: int | None = Field(description="Null until the source is resolved: then there is nothing to compare")
    stored_items: int
    ledger_count: int = Field(description="Items that the ledger has")
    recorded: AuditCounts = Field(description="From the job's own counts")
    derived: AuditCounts = Field(description="From its items and their outcomes")
    balanced: bool = Field(description="There is no difference but such as are passing")
    differences: list[AuditDifference]


class Rank(BaseModel):
    """A place in a bestseller list."""

    rank: int
    category: str


class ProductView(BaseModel):
    """A product as its user sees it; what its page does not tell is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRODUCT_EXAMPLE]})

    marketplace: str
    asin: str
    url: str
    job_id: str | None = Field(description="The last job that collected it")
    title: str | None = None
    price: Number | None = None
    currency: str | None = None
    list_price: Number | None = None
    brand: str | None = None
    author: str | None = None
    rating: Number | None = None
    review_count: int | None = None
    images: list[str] = []
    features: list[str] = []
    categories: list[str] = []
    weight_g: Number | None = None
    dimensions_mm: list[Number] | None = None
    availability: str | None = None
    availability_text: str | None = None
    parent_asin: str | None = None
    seller: str | None = None
    condition: str | None = None
    variation: dict[str, str] = {}
    description: str | None = None
    aplus_images: list[str] = []
    bestseller_ranks: list[Rank] = []
    previous_price: Number | None = Field(
        default=None, description="The price before this one, in the same currency; null when it has never changed"
    )
    price_change_percent: Number | None = Field(default=None, description="From the previous price to this one")
    price_changed_at: datetime | None = Field(default=None, description="When this price was seen first")
    analysis: Annotated[dict[str, Any], ANALYSIS] | None = Field(
        default=None, description="The resale analysis, once there is one"
    )
    favorite: bool = False
    notes: str = ""
    created_at: datetime | None = None
    collected_at: datetime | None = None
    missing: dict[str, str] = Field(
        default={},
        description="Why fields are null: `not_on_page`, `not_for_sale`, `sold_used_only`, `not_reduced`, "
        "`no_reviews`, `no_price`, `never_changed` or `not_analyzed`",
    )


class ResultView(ProductView):
    """A product of a job, as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seq": 17, **PRODUCT_EXAMPLE}]})

    seq: int = Field(description="Place in the job, from 0")


class ResultPage(BaseModel):
    items: list[ResultView]
    next_cursor: str | None


class PricePoint(BaseModel):
    """What a product cost from a moment on, until the next point; null while it had no price."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRICE_POINT_EXAMPLE]})

    at: datetime
    price: Number | None
    currency: str | None
    availability: str | None


class PricePage(BaseModel):
    items: list[PricePoint]
    next_cursor: str | None


class ProductPage(BaseModel):
    items: list[ProductView]
    next_cursor: str | None


STATS_EXAMPLE: dict[str, Any] = {
    "jobs": {"PENDING": 0, "PROCESSING": 1, "PAUSED": 0, "COMPLETED": 41, "FAILED": 0, "CANCELLED": 2},
    "success_rate": 98.2,
    "products": {"total": 5210, "favorite": 12, "profitable": 731, "collected_24h": 420, "changed_24h": 17},
    "hours": [{"since": "2026-11-23T05:00:00Z", "jobs": 2, "succeeded": 98, "failed": 2}],
    "days": [{"since": "2026-11-23T00:00:00Z", "jobs": 5, "succeeded": 410, "failed": 10}],
}


class ProductStats(BaseModel):
    total: int
    favorite: int
    profitable: int = Field(description="Whose analysis says that the target margin is reached")
    collected_24h: int
    changed_24h: int = Field(description="Whose price has changed in the last 24 hours")


class Span(BaseModel):
    """Jobs submitted in an hour or a day (UTC), and what their items have come to so far."""

    since: datetime
    jobs: int
    succeeded: int
    failed: int


class Stats(BaseModel):
    """A user's jobs and products in figures, at most a quarter of a minute old."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATS_EXAMPLE]})

    jobs: dict[JobStatus, int]
    success_rate: float | None = Field(description="Percent of the last seven days' finished items that succeeded")
    products: ProductStats
    hours: list[Span] = Field(description="The last 24, the oldest first")
    days: list[Span] = Field(description="The last 7, the oldest first")


class FieldErrorView(BaseModel):
    field: str
    code: str
    message: str


class ProblemView(BaseModel):
    """Why a request was not served (RFC 9457)."""

    type: str = Field(description="Names the kind of problem; stable")
    title: str
    status: int
    detail: str = Field(description="For people")
    code: str = Field(description="For machines; stable")
    retryable: bool = Field(description="Whether the same request may succeed later")
    request_id: str = Field(description="To find it in the logs")
    errors: list[FieldErrorView]
    violated_policies: list[str] | None = Field(
        default=None, description="With `rate_limited` only: the policies of `RateLimit-Policy` that are used up"
    )
    largest_margin: float | None = Field(
        default=None, description="With `impossible_margin` only: the largest margin that can be reached, in percent"
    )
    job_status: JobStatus | None = Field(
        default=None, description="When a job's state does not allow what was asked: the state"
    )
    allowed: list[str] | None = Field(default=None, description="With `job_status`: what can be done with it instead")


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """Ready when the database is: without the broker jobs are still accepted, and sent when it is back."""

    ready: bool
    database: bool
    broker: bool
