"""The API's documents as this client reads them; fields it does not know pass through untouched."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


class Job(TypedDict):
    """A job as `GET /v1/jobs/{id}` shows it."""

    id: str
    type: str
    status: str
    progress: int
    success_count: int
    error_count: int
    total_items: int | None
    created_at: str
    status_reason: NotRequired[str | None]
    error_message: NotRequired[str | None]
    progress_percent: NotRequired[float | None]
    success_rate: NotRequired[float | None]
    items_per_second: NotRequired[float | None]
    eta_seconds: NotRequired[float | None]
    duration_seconds: NotRequired[float | None]
    started_at: NotRequired[str | None]
    completed_at: NotRequired[str | None]
    priority: NotRequired[str]
    request: NotRequired[dict[str, Any]]
    settings: NotRequired[dict[str, Any]]
    run: NotRequired[int]
    cancelled_count: NotRequired[int]
    counts: NotRequired[dict[str, int] | None]
    invalid: NotRequired[list[dict[str, str]]]
    trace_id: NotRequired[str | None]
    quality: NotRequired[dict[str, Any] | None]
    tags: NotRequired[list[str]]
    metadata: NotRequired[dict[str, str]]


class ItemError(TypedDict):
    """Why an item failed, or waits to be tried again."""

    code: str
    message: str
    retryable: bool


class JobItem(TypedDict):
    """One product of a job and what became of it."""

    seq: int
    asin: str
    marketplace: str
    status: str
    attempts: int
    error: ItemError | None
    processed_at: str | None
    origin: NotRequired[str | None]


class TimelineEntry(TypedDict):
    """Something that was done to a job."""

    at: str
    kind: str
    before: str | None
    after: str
    run: int
    rev: int
    reason: str | None
    actor: str


class Product(TypedDict):
    """A collected product as its user sees it; money is in units of `currency`."""

    asin: str
    marketplace: str
    title: str | None
    price: float | str | None
    currency: str | None
    rating: NotRequired[str | float | None]
    review_count: NotRequired[int | None]
    availability: NotRequired[str | None]
    previous_price: NotRequired[float | None]
    price_change_percent: NotRequired[float | None]
    price_changed_at: NotRequired[str | None]
    analysis: NotRequired[dict[str, Any] | None]
    collected_at: NotRequired[str | None]


class PricePoint(TypedDict):
    """What a product cost from a moment on; without a price it could not be bought then."""

    at: str
    price: float | None
    currency: str | None
    availability: str | None


class PageSample(TypedDict):
    """A page that was kept because its layout seems to have changed."""

    id: str
    marketplace: str
    reason: str
    missing: list[str]
    asin: str | None
    url: str
    status: int
    content_type: str | None
    size: int
    at: str


class Failure(TypedDict):
    """A message that nobody could handle; payload, headers and traceback only when looked at by itself."""

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
    failed_at: str
    first_failed_at: NotRequired[str]
    retry_requested_at: NotRequired[str | None]
    retry_error: NotRequired[str | None]
    refusal: NotRequired[str | None]
    payload: NotRequired[dict[str, Any]]
    headers: NotRequired[dict[str, Any]]
    traceback: NotRequired[str | None]


class Queue(TypedDict):
    """A queue of the broker; what is null only its management API could tell."""

    name: str
    kind: str
    ready: int
    unacknowledged: int | None
    consumers: int
    publish_rate: float | None
    deliver_rate: float | None
    ack_rate: float | None
    oldest_age_seconds: float | None
