"""A running job says which marketplace it waits for, for as long as it does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.api.records import WaitingFor
from services.api.views import job_view
from services.api.waiting import explained
from shared.blocks import Block
from shared.jobs import JobStatus
from tests.builders import HOME, NOW
from tests.unit.api.builders import job

UNTIL = datetime(2026, 11, 23, 6, 2, 10, 400_000, tzinfo=UTC)
BLOCKS = {HOME: Block(HOME, UNTIL, 130.4, "captcha")}


def test_running_job_of_a_blocked_marketplace_waits_for_it() -> None:
    waits = explained(job(status=JobStatus.PROCESSING), ("amazon.de", HOME), BLOCKS)
    assert waits.status_reason == "waiting for amazon.co.jp until 2026-11-23T06:02:10Z"
    assert waits.waiting_for == WaitingFor(HOME, UNTIL)
    view = job_view(waits, NOW)
    assert view.waiting_for is not None
    assert (view.waiting_for.marketplace, view.waiting_for.until) == (HOME, UNTIL)
    assert view.status_reason == waits.status_reason


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.PROCESSING])
def test_job_that_does_not_run_waits_for_no_marketplace(status: JobStatus) -> None:
    other = job(status=status, status_reason="its own reason")
    assert explained(other, (HOME,), BLOCKS) is other


def test_job_of_other_marketplaces_does_not_wait() -> None:
    running = job(status=JobStatus.PROCESSING)
    assert explained(running, ("amazon.de",), BLOCKS) is running
    assert explained(running, (HOME,), {}) is running
    assert job_view(running, NOW).waiting_for is None
