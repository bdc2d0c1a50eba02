"""Jobs, outcomes and settings with sensible values; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.api.records import Attempts, ItemError, Job, NewJob, Outcome
from services.api.samples import SAMPLE_EXAMPLE, PageSample
from services.api.settings import ApiSettings
from shared.auth import USER_SCOPES, issue_token
from shared.ids import new_id
from shared.jobs import JobStatus, JobType
from shared.messages import JobProgressed
from shared.profit import Rate

SECRET = "a-secret-of-tests-that-is-long-enough"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOME = "amazon.co.jp"
RATE = Rate(base="JPY", value=Decimal("9.3"), as_of=NOW.date(), source="frankfurter", fetched_at=NOW)
JOB_SETTINGS = {
    "auto_analyze": True,
    "target_margin": 10.0,
    "japan_shipping_jpy": 0,
    "korea_shipping_krw": 0,
    "packaging_krw": 0,
    "shipping_tier": "economy",
    "max_age_seconds": 300,
    "time_limit_seconds": 604_800,
}


def api_settings(**changes: Any) -> ApiSettings:
    """Without limits on requests, unless a test is about them."""
    unlimited = {"user_requests_per_minute": 0, "user_collecting_requests_per_minute": 0}
    return ApiSettings.model_validate({"jwt_secret": SECRET, "jwks_url": None, **unlimited, **changes})


def bearer(user: str = "ann", *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(SECRET, user, scopes or USER_SCOPES)}"}


def asin(number: int) -> str:
    return f"B{number:09d}"


def new_job(**changes: Any) -> NewJob:
    job = NewJob(
        id=new_id(),
        user_id="ann",
        type=JobType.BULK_ASIN,
        priority="normal",
        request={"count": 3},
        settings=dict(JOB_SETTINGS),
    )
    return replace(job, **changes)


def job(**changes: Any) -> Job:
    """PROCESSING for ten seconds at NOW, with 3 items and none finished."""
    plain = Job(
        id=new_id(),
        user_id="ann",
        type=JobType.BULK_ASIN,
        priority="normal",
        request={"count": 3},
        settings=dict(JOB_SETTINGS),
        idempotency=None,
        status=JobStatus.PROCESSING,
        status_reason=None,
        run=1,
        rev=1,
        created_at=NOW - timedelta(seconds=11),
        updated_at=NOW - timedelta(seconds=1),
        started_at=NOW - timedelta(seconds=10),
        completed_at=None,
        total_items=3,
        progress=0,
        success_count=0,
        error_count=0,
        fed=3,
        error_message=None,
        announced=False,
    )
    return replace(plain, **changes)


def outcome(seq: int, **changes: Any) -> Outcome:
    good = Outcome(run=1, seq=seq, succeeded=True, attempts=1, error=None, origin="fetched", processed_at=NOW)
    return replace(good, **changes)


def failure(seq: int, **changes: Any) -> Outcome:
    error = ItemError(code="not_found", message="There is no such product.", retryable=False)
    return outcome(seq, **{"succeeded": False, "error": error, **changes})


def attempts(seq: int, count: int = 1) -> Attempts:
    error = ItemError(code="timeout", message="The page took too long.", retryable=True)
    return Attempts(seq=seq, attempts=count, error=error)


def progressed(of: Job, **changes: Any) -> JobProgressed:
    event = JobProgressed(
        job_id=of.id,
        run=of.run,
        user_id=of.user_id,
        rev=of.rev + 1,
        status=of.status,
        total_items=of.total_items,
        progress=of.progress + 1,
        success_count=of.success_count + 1,
        error_count=of.error_count,
        at=NOW,
    )
    return event.model_copy(update=changes)


def product(number: int, user: str = "ann", **changes: Any) -> dict[str, Any]:
    """A stored product, its decimals as Python's."""
    document = {
        "_id": f"{user}:{HOME}:{asin(number)}",
        "user_id": user,
        "marketplace": HOME,
        "asin": asin(number),
        "job_id": "a-job",
        "title": f"Product {number}",
        "price": None,
        "currency": "JPY",
        "favorite": False,
        "created_at": NOW,
        "collected_at": NOW + timedelta(seconds=number),
    }
    return {**document, **changes}


def price_point(n: int, price: str | None = "100", number: int = 1, **changes: Any) -> dict[str, Any]:
    """The `n`th point of a stored price history, `n` hours after NOW."""
    document = {
        "_id": f"{HOME}:{asin(number)}:{n}",
        "n": n,
        "marketplace": HOME,
        "asin": asin(number),
        "at": NOW + timedelta(hours=n),
        "price": None if price is None else Decimal(price),
        "currency": "JPY",
        "availability": "in_stock",
    }
    return {**document, **changes}


def page_sample(number: int, **changes: Any) -> PageSample:
    """A kept page, `number` minutes after NOW."""
    values = {**SAMPLE_EXAMPLE, "id": f"{HOME}:fields_missing:{number}", "at": NOW + timedelta(minutes=number)}
    return PageSample.model_validate({**values, **changes})


def stored_failure(number: int, **changes: Any) -> dict[str, Any]:
    """A message that could not be read, kept `number` minutes after NOW."""
    at = NOW + timedelta(minutes=number)
    document = {
        "_id": f"{number:032x}",
        "queue": "aggregator.items_finished",
        "type": "items.finished.v1",
        "message_id": f"m-{number}",
        "correlation_id": "a-job",
        "payload": {"json": '{"job_id": 7}'},
        "headers": {"x-attempt": 1},
        "code": "malformed_message",
        "error_class": "DecodeError",
        "message": "not a items.finished.v1: job_id: Input should be a valid string",
        "traceback": "Traceback …",
        "attempts": 1,
        "failed_at": at,
        "first_failed_at": at,
        "retries": 0,
        "item": None,
        "retry_requested_at": None,
    }
    return {**document, **changes}
