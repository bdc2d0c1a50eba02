"""The documents that the API answers with, made from its OpenAPI document by `make client`: do not edit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """An answer. Fields that this version does not know are kept as they came."""

    model_config = ConfigDict(extra="allow", frozen=True)


Change = Literal["new", "gone", "price_up", "price_down", "back_in_stock", "out_of_stock"]
Circuit = Literal["closed", "paused", "open", "trying"]
DeliveryState = Literal["pending", "delivered", "failed"]
ItemStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
JobStatus = Literal["PENDING", "PROCESSING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"]
JobType = Literal["BULK_ASIN", "URL", "KEYWORD"]
ReasonCode = Literal[
    "price_missing",
    "price_implausible",
    "currency_not_supported",
    "rate_missing",
    "over_weight_limit",
    "impossible_margin",
    "weight_assumed",
    "category_assumed",
    "rate_stale",
    "margin_below_target",
]
RepricingState = Literal["running", "done", "failed"]
ServiceState = Literal["up", "resting", "down"]
UserEventType = Literal[
    "job.completed", "job.failed", "job.cancelled", "job.progressed", "price.changed", "product.profitable"
]


class Analysis(Document):
    """The resale of one product, with every figure on the way to the answer. Null is what could not be worked out."""

    status: Literal["complete", "incomplete"]
    is_profitable: bool | None
    reasons: list[Reason]
    target_margin: float
    largest_margin: float
    margin_percent: float | None
    profit_krw: int | None
    recommended_price_krw: int | None
    selling_price_krw: int | None
    at_recommended: Sale | None
    at_selling: Sale | None
    price: float | None
    currency: str
    rate: Rate | None
    shipping_rate: Rate | None
    weight_g: float
    weight_assumed: bool
    chargeable_weight_g: int | None
    shipping_tier: Literal["economy", "premium"]
    japan_shipping_jpy: float
    international_shipping_jpy: float | None
    category: str
    category_label: str
    category_source: Literal["given", "breadcrumbs", "title", "default"]
    category_keyword: str | None
    platform_fee_percent: float
    price_krw: int | None
    japan_shipping_krw: int | None
    international_shipping_krw: int | None
    korea_shipping_krw: int
    packaging_krw: int
    cost_krw: int | None
    duty: Duty | None


class AttemptView(Document):
    """One request to the receiver."""

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    answer: str


class AuditCounts(Document):
    """total = succeeded + failed + cancelled + remaining."""

    total: int
    succeeded: int
    failed: int
    cancelled: int
    remaining: int


class AuditDifference(Document):
    """Where two accounts of a job differ."""

    code: str
    message: str
    expected: int
    actual: int
    seqs: list[int]
    passing: bool


class BestProduct(Document):
    """A product at the top of a job."""

    seq: int
    marketplace: str
    asin: str
    title: str | None
    image: str | None
    price: int | float | None
    currency: str | None
    sale_price_krw: int
    cost_krw: int
    profit_krw: int
    margin_percent: int | float
    is_profitable: bool


class CodeCount(Document):
    code: str
    count: int


class Counts(Document):
    """What became of the lines of a BULK_ASIN request."""

    accepted: int
    duplicate: int
    invalid: int


class DeleteAnswer(Document):
    deleted: int
    complete: bool


class DeliveryDetail(Document):
    id: str
    type: str
    state: DeliveryState
    attempts: int
    replays: int
    next_attempt_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    log: list[AttemptView]
    body: str


class DeliveryPage(Document):
    items: list[DeliveryView]
    next_cursor: str | None


class DeliveryView(Document):
    """An event on its way to a webhook; `id` is the `webhook-id` it is sent with, however often."""

    id: str
    type: str
    state: DeliveryState
    attempts: int
    replays: int
    next_attempt_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    log: list[AttemptView]


class Duty(Document):
    """What the buyer owes on import; information, no part of the cost."""

    duty_percent: float
    vat_percent: float
    exempt_up_to_krw: int
    goods_value_krw: int
    dutiable_value_krw: int
    exempt: bool
    duty_krw: int
    vat_krw: int
    total_krw: int


class ErrorGroupView(Document):
    """Failures of one kind."""

    code: str
    retryable: bool
    count: int
    message: str


class ErrorPage(Document):
    groups: list[ErrorGroupView]
    items: list[ItemView]
    next_cursor: str | None


class Failure(Document):
    """A message that could not be handled, and why."""

    id: str
    queue: str
    type: str | None
    message_id: str | None
    correlation_id: str | None
    code: str
    error_class: str | None
    message: str
    attempts: int
    retries: int
    failed_at: datetime
    first_failed_at: datetime
    retry_requested_at: datetime | None
    retry_error: str | None
    refusal: str | None


class FailureDetail(Document):
    """The same with all that is known."""

    id: str
    queue: str
    type: str | None
    message_id: str | None
    correlation_id: str | None
    code: str
    error_class: str | None
    message: str
    attempts: int
    retries: int
    failed_at: datetime
    first_failed_at: datetime
    retry_requested_at: datetime | None
    retry_error: str | None
    refusal: str | None
    payload: Payload
    headers: dict[str, Any]
    traceback: str | None


class FailurePage(Document):
    items: list[Failure]
    next_cursor: str | None


class Health(Document):
    status: str


class InvalidLine(Document):
    """A line that names no product, and why."""

    line: int | None = None
    input: str
    code: str
    message: str


class ItemErrorView(Document):
    code: str
    message: str
    retryable: bool


class ItemPage(Document):
    items: list[ItemView]
    next_cursor: str | None


class ItemView(Document):
    """One product of a job, and what became of it."""

    seq: int
    asin: str
    marketplace: str
    status: ItemStatus
    attempts: int
    error: ItemErrorView | None
    processed_at: datetime | None
    next_attempt_at: datetime | None = None
    origin: str | None


class JobAccepted(Document):
    """A job just taken in."""

    id: str
    type: JobType
    status: JobStatus
    status_reason: str | None
    waiting_for: WaitingView | None = None
    delayed_by: list[WaitingView] = []
    priority: str
    request: JobSource
    settings: JobSettingsView
    run: int
    rev: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_items: int | None
    progress: int
    success_count: int
    error_count: int
    cancelled_count: int
    progress_percent: float
    success_rate: float | None
    items_per_second: float | None
    eta_seconds: float | None
    duration_seconds: float | None
    error_message: str | None
    quality: Quality | None = None
    tags: list[str] = []
    metadata: dict[str, str] = {}
    trace_id: str | None = None
    counts: Counts | None = None
    invalid: list[InvalidLine] = []


class JobAudit(Document):
    """What the job says of itself beside what its items and outcomes add up to."""

    job_id: str
    rev: int
    run: int
    status: JobStatus
    total_items: int | None
    stored_items: int
    ledger_count: int
    recorded: AuditCounts
    derived: AuditCounts
    balanced: bool
    differences: list[AuditDifference]


class JobPage(Document):
    items: list[JobView]
    next_cursor: str | None


class JobProfit(Document):
    """What the resale of a job's products comes to: succeeded = judged + all that are unjudged."""

    job_id: str
    succeeded: int
    judged: int
    profitable: int
    unprofitable: int
    priced: int
    priced_profitable: int
    unjudged: list[CodeCount]
    assumed: list[CodeCount]
    totals: ProfitTotals
    margin_percent: Spread | None
    profit_krw: Spread | None
    margins: list[ProfitBin]
    profits: list[ProfitBin]
    best: list[BestProduct]


class JobSettingsView(Document):
    auto_analyze: bool
    target_margin: float
    japan_shipping_jpy: int
    korea_shipping_krw: int
    packaging_krw: int = 0
    shipping_tier: Literal["economy", "premium"] = "economy"
    max_age_seconds: int
    time_limit_seconds: int | None = None
    quality_gate: QualityGateView | None = None


class JobSource(Document):
    """What the job is about, normalised; what does not apply to its type is null."""

    count: int | None = None
    url: str | None = None
    keyword: str | None = None
    marketplace: str | None = None
    max_results: int | None = None


class JobTemplate(Document):
    """What its jobs are asked to be, every default filled in when the schedule was made or its job changed."""

    type: JobType
    priority: str
    request: JobSource
    settings: JobSettingsView
    tags: list[str]
    metadata: dict[str, str]


class JobView(Document):
    """A job as it stands."""

    id: str
    type: JobType
    status: JobStatus
    status_reason: str | None
    waiting_for: WaitingView | None = None
    delayed_by: list[WaitingView] = []
    priority: str
    request: JobSource
    settings: JobSettingsView
    run: int
    rev: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_items: int | None
    progress: int
    success_count: int
    error_count: int
    cancelled_count: int
    progress_percent: float
    success_rate: float | None
    items_per_second: float | None
    eta_seconds: float | None
    duration_seconds: float | None
    error_message: str | None
    quality: Quality | None = None
    tags: list[str] = []
    metadata: dict[str, str] = {}
    trace_id: str | None = None


class ListedProduct(Document):
    marketplace: str
    asin: str


class MarketplaceQuote(Document):
    """What a job would ask of one marketplace."""

    marketplace: str
    items: int
    already_fresh: int
    requests: int
    interval_seconds: float
    blocked_seconds: float
    requests_of_others: int


class Me(Document):
    """The bearer of a token."""

    user_id: str
    scopes: list[str]


class PaceList(Document):
    items: list[PaceView]


class PaceView(Document):
    """One line to a marketplace: over a way out (`@egress`), or to its own interface (`#creators`)."""

    line: str
    marketplace: str
    egress: str | None
    circuit: Circuit
    interval_seconds: float
    requests_per_minute: float | None
    next_at: datetime | None
    blocked_until: datetime | None
    blocks: int
    reason: str | None
    fetch_seconds: float | None
    asked_at: datetime | None


class PageSample(Document):
    """A page that was kept; its source is to be had apart."""

    id: str
    marketplace: str
    reason: str
    missing: list[str]
    asin: str | None
    url: str
    status: int
    content_type: str | None
    size: int
    stored_size: int
    at: datetime
    expires_at: datetime


class PageSamplePage(Document):
    items: list[PageSample]
    next_cursor: str | None


class Payload(Document):
    """The body of a message."""

    format: str
    value: Any
    size: int
    complete: bool


class PreviewedFigures(Document):
    """What of an analysis decides."""

    status: str
    is_profitable: bool | None
    reasons: list[str]
    target_margin: int | float
    margin_percent: int | float | None
    profit_krw: int | None
    cost_krw: int | None
    recommended_price_krw: int | None
    selling_price_krw: int | None


class PreviewedProduct(Document):
    marketplace: str
    asin: str
    before: PreviewedFigures | None
    after: PreviewedFigures


class PricePage(Document):
    items: list[PricePoint]
    next_cursor: str | None


class PricePoint(Document):
    """What a product cost from a moment on, until the next point; null while it had no price."""

    at: datetime
    price: int | float | None
    currency: str | None
    availability: str | None


class PricedProduct(Document):
    marketplace: str
    asin: str
    figures: PreviewedFigures


class PricedProducts(Document):
    """Products as judged at their new prices, in the order asked for; those that are not yours are left out."""

    items: list[PricedProduct]


class ProductDelta(Document):
    """A product that changed; what it was, and what it is."""

    marketplace: str
    asin: str
    changes: list[Change]
    currency: str | None
    price: int | float | None
    previous_price: int | float | None
    availability: str | None
    previous_availability: str | None


class ProductPage(Document):
    items: list[ProductView]
    next_cursor: str | None


class ProductStats(Document):
    total: int
    favorite: int
    profitable: int
    priced: int
    priced_profitable: int
    collected_24h: int
    changed_24h: int


class ProductView(Document):
    """A product as its user sees it; what its page does not tell is null."""

    marketplace: str
    asin: str
    url: str
    job_id: str | None
    title: str | None = None
    price: int | float | None = None
    currency: str | None = None
    list_price: int | float | None = None
    brand: str | None = None
    author: str | None = None
    rating: int | float | None = None
    review_count: int | None = None
    images: list[str] = []
    features: list[str] = []
    categories: list[str] = []
    weight_g: int | float | None = None
    dimensions_mm: list[int | float] | None = None
    availability: str | None = None
    availability_text: str | None = None
    parent_asin: str | None = None
    seller: str | None = None
    condition: str | None = None
    variation: dict[str, str] = {}
    description: str | None = None
    aplus_images: list[str] = []
    bestseller_ranks: list[Rank] = []
    previous_price: int | float | None = None
    price_change_percent: int | float | None = None
    price_changed_at: datetime | None = None
    analysis: Analysis | None = None
    favorite: bool = False
    notes: str = ""
    created_at: datetime | None = None
    collected_at: datetime | None = None
    missing: dict[str, str] = {}


class ProductsPreview(Document):
    """Products in the order asked for; those that are not yours are left out. Nothing is stored."""

    items: list[PreviewedProduct]


class ProfitBin(Document):
    """How many judged products lie between two bounds; the outermost bins may be open."""

    at_least: int | float | None
    below: int | float | None
    count: int


class ProfitTotals(Document):
    """Sums over all judged products, each sold once at the price that was judged."""

    sales_krw: int
    cost_krw: int
    platform_fees_krw: int
    profit_krw: int


class Quality(Document):
    """Whether a job has come to what its quality gate asks for."""

    status: Literal["passed", "failed"]
    reasons: list[QualityReason]


class QualityGateView(Document):
    min_success_rate: float | None
    min_coverage: dict[str, float]


class QualityReason(Document):
    """A rule that was not kept; both shares in percent."""

    rule: str
    wanted: float
    got: float | None


class QueueList(Document):
    items: list[QueueView]
    source: str


class QueueView(Document):
    """A queue as it is now. What is null only the management API could tell, and not every broker does."""

    name: str
    kind: str
    ready: int
    unacknowledged: int | None
    consumers: int
    publish_rate: float | None
    deliver_rate: float | None
    ack_rate: float | None
    oldest_age_seconds: float | None


class Quote(Document):
    """What a job would come to if it were submitted now. Nothing is stored."""

    type: JobType
    counts: Counts | None
    invalid: list[InvalidLine]
    items: int
    items_at_most: bool
    already_fresh: int
    expected_requests: int
    marketplaces: list[MarketplaceQuote]
    running_jobs: int
    concurrent_jobs: int
    start_delay_seconds: float
    eta_seconds: float
    would_finish_at: datetime


class Rank(Document):
    """A place in a bestseller list."""

    rank: int
    category: str


class Rate(Document):
    """What one unit of `base` is worth in KRW, on which day, and who says so."""

    base: str
    quote: Literal["KRW"] = "KRW"
    value: float
    as_of: date | None = None
    source: str
    fetched_at: datetime | None = None
    stale: bool = False


class Readiness(Document):
    """Ready when the database is: without the broker jobs are still accepted, and sent when it is back."""

    ready: bool
    database: bool
    broker: bool


class Reason(Document):
    """One remark on an analysis."""

    code: ReasonCode
    message: str


class RecommendPriceResponse(Document):
    """The price to ask, and what it stands on."""

    recommended_price_krw: int
    target_margin: float
    margin_percent: float
    profit_krw: int
    cost_krw: int
    platform_fee_krw: int
    platform_fee_percent: float
    largest_margin: float
    category: str
    rate: Rate
    reasons: list[Reason]


class RepricePreview(Document):
    """What a repricing would change; nothing is stored."""

    before: JobProfit
    after: JobProfit


class Repricing(Document):
    """The last repricing of a job, and how far it is."""

    job_id: str
    id: str
    state: RepricingState
    asked: dict[str, Any]
    rates: list[Rate]
    total: int
    repriced: int
    left_out: int
    requested_at: datetime
    completed_at: datetime | None


class ResultPage(Document):
    items: list[ResultView]
    next_cursor: str | None


class ResultView(Document):
    """A product of a job, as it is now."""

    marketplace: str
    asin: str
    url: str
    job_id: str | None
    title: str | None = None
    price: int | float | None = None
    currency: str | None = None
    list_price: int | float | None = None
    brand: str | None = None
    author: str | None = None
    rating: int | float | None = None
    review_count: int | None = None
    images: list[str] = []
    features: list[str] = []
    categories: list[str] = []
    weight_g: int | float | None = None
    dimensions_mm: list[int | float] | None = None
    availability: str | None = None
    availability_text: str | None = None
    parent_asin: str | None = None
    seller: str | None = None
    condition: str | None = None
    variation: dict[str, str] = {}
    description: str | None = None
    aplus_images: list[str] = []
    bestseller_ranks: list[Rank] = []
    previous_price: int | float | None = None
    price_change_percent: int | float | None = None
    price_changed_at: datetime | None = None
    analysis: Analysis | None = None
    favorite: bool = False
    notes: str = ""
    created_at: datetime | None = None
    collected_at: datetime | None = None
    missing: dict[str, str] = {}
    seq: int


class RetryAnswer(Document):
    """Messages are sent again within seconds, as soon as the broker is there; items are collected again by a new run"""

    requested: int
    items: int = 0
    already_done: int = 0
    refused: int
    complete: bool


class RunDelta(Document):
    """What a run found changed since the run before; without one before, nothing."""

    job_id: str
    previous_job_id: str | None
    counts: dict[str, int]
    items: list[ProductDelta]


class Sale(Document):
    """What selling at one price leaves."""

    price_krw: int
    platform_fee_krw: int
    profit_krw: int
    margin_percent: float
    reaches_target: bool


class ScheduleAccepted(Document):
    """A schedule just made or changed, and what became of the lines of the list that its job was given."""

    id: str
    name: str
    cron: str
    timezone: str
    paused: bool
    missed: str
    overlap: str
    next_runs: list[datetime]
    last_job_id: str | None
    created_at: datetime
    updated_at: datetime
    job: JobTemplate
    counts: Counts | None = None
    invalid: list[InvalidLine] = []


class SchedulePage(Document):
    items: list[ScheduleView]
    next_cursor: str | None


class ScheduleProducts(Document):
    """The list that a schedule's jobs are made of."""

    items: list[ListedProduct]


class ScheduleRunPage(Document):
    items: list[ScheduleRunView]
    next_cursor: str | None


class ScheduleRunView(Document):
    """A time of a schedule that has come."""

    id: str
    due_at: datetime
    decided_at: datetime
    outcome: str
    job_id: str | None
    previous_job_id: str | None


class ScheduleTimes(Document):
    """When a schedule would be due; nothing is stored."""

    cron: str
    timezone: str
    next_runs: list[datetime]


class ScheduleView(Document):
    id: str
    name: str
    cron: str
    timezone: str
    paused: bool
    missed: str
    overlap: str
    next_runs: list[datetime]
    last_job_id: str | None
    created_at: datetime
    updated_at: datetime
    job: JobTemplate


class SecretView(Document):
    hint: str
    expires_at: datetime | None


class ServiceList(Document):
    items: list[ServiceView]


class ServiceView(Document):
    """A kind of process, as the broker's consumers and the database's leases show it."""

    name: str
    state: ServiceState
    consumers: int
    waiting: int
    leader: str | None
    leads_until: datetime | None


class Span(Document):
    """Jobs submitted in an hour or a day (UTC), and what their items have come to so far."""

    since: datetime
    jobs: int
    succeeded: int
    failed: int


class Spread(Document):
    """Of a figure over all judged products; the median of an even count lies halfway between the two in the middle."""

    lowest: int | float
    median: int | float
    highest: int | float


class Stats(Document):
    """A user's jobs and products in figures, at most a quarter of a minute old."""

    jobs: dict[str, int]
    success_rate: float | None
    products: ProductStats
    hours: list[Span]
    days: list[Span]


class TimelineEntryView(Document):
    """What was done to a job, when and by whom."""

    at: datetime
    kind: str
    before: JobStatus | None
    after: JobStatus
    run: int
    rev: int
    reason: str | None
    actor: str


class TimelinePage(Document):
    items: list[TimelineEntryView]
    next_cursor: str | None


class WaitingView(Document):
    """A marketplace that asked to slow down, and when it is asked again."""

    marketplace: str
    until: datetime


class WebhookPage(Document):
    items: list[WebhookView]
    next_cursor: str | None


class WebhookView(Document):
    """A webhook; its secrets are never shown again."""

    id: str
    url: str
    description: str
    events: list[UserEventType]
    progress: list[int]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secrets: list[SecretView]


class WebhookWithSecret(Document):
    """A webhook with its new secret: shown this once."""

    id: str
    url: str
    description: str
    events: list[UserEventType]
    progress: list[int]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secrets: list[SecretView]
    secret: str
