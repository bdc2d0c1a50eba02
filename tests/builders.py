"""Messages, deliveries and jobs with sensible values; a test names only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from services.aggregator.counting import JobCount
from services.collector.jobstates import JobState
from services.collector.results import Task
from shared.ids import new_id
from shared.intake import Delivery
from shared.jobs import JobStatus
from shared.messages import CollectItem, ItemsFinished, Message
from shared.worker import Received
from tests.fakes import FakeChannel

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOME = "amazon.co.jp"
M = TypeVar("M", bound=Message)


def asin(number: int) -> str:
    return f"B{number:09d}"


def delivery(
    body: bytes = b"{}",
    message_type: str = CollectItem.TYPE,
    *,
    tag: int = 1,
    headers: Mapping[str, Any] | None = None,
    message_id: str = "message-1",
    channel: FakeChannel | None = None,
) -> Delivery:
    return Delivery(
        tag=tag,
        body=body,
        type=message_type,
        exchange="asinflow.commands",
        key="a.key",
        message_id=message_id,
        correlation_id="a-job",
        headers=headers or {},
        redelivered=False,
        _channel=cast(Any, channel or FakeChannel()),
    )


def received(message: M, **changes: Any) -> Received[M]:
    return Received(message, delivery(message.encode(), message.TYPE, **changes))


def collect(seq: int = 0, **changes: Any) -> CollectItem:
    values = {"job_id": "a-job", "run": 1, "seq": seq, "asin": asin(seq), "marketplace": HOME}
    return CollectItem.model_validate({**values, **changes})


def state(**changes: Any) -> JobState:
    values: dict[str, Any] = {"user_id": "ann", "run": 1, "status": JobStatus.PROCESSING, "settings": {}}
    return JobState(**{**values, **changes})


def task(seq: int = 0, *, job: JobState | None = None, of: Delivery | None = None, **changes: Any) -> Task:
    command = collect(seq, **changes)
    return Task(command, of or delivery(command.encode(), tag=seq + 1), job or state())


def finished(succeeded: tuple[int, ...] = (), failed: tuple[int, ...] = (), **changes: Any) -> ItemsFinished:
    return ItemsFinished.model_validate({"job_id": "a-job", "succeeded": succeeded, "failed": failed, **changes})


def count(total: int | None = 10, **changes: Any) -> JobCount:
    values: dict[str, Any] = {
        "job_id": "a-job",
        "user_id": "ann",
        "run": 1,
        "rev": 1,
        "status": JobStatus.PROCESSING,
        "total_items": total,
        "success_count": 0,
        "error_count": 0,
        "ledger": b"",
    }
    return JobCount(**{**values, **changes})


def job_document(**changes: Any) -> dict[str, Any]:
    """A job as it is stored: PENDING, with nothing done."""
    plain: dict[str, Any] = {
        "_id": new_id(),
        "user_id": "ann",
        "type": "BULK_ASIN",
        "priority": "normal",
        "request": {"count": 3},
        "settings": {"auto_analyze": False, "max_age_seconds": 0},
        "status": "PENDING",
        "status_reason": None,
        "run": 1,
        "rev": 0,
        "created_at": NOW,
        "queued_at": NOW,
        "updated_at": NOW,
        "submitted_at": None,
        "started_at": None,
        "completed_at": None,
        "total_items": None,
        "progress": 0,
        "success_count": 0,
        "error_count": 0,
        "fed": 0,
        "error_message": None,
        "announced": False,
    }
    return {**plain, **changes}
