"""A running job says which marketplace it waits for, for as long as it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.records import Job, WaitingFor
from services.api.tags import entity_tag, tagged_revision
from services.api.views import job_view
from services.api.waiting import explained
from shared.blocks import Block
from shared.jobs import JobStatus
from tests.builders import HOME, NOW
from tests.unit.api.builders import job

OTHER = "amazon.de"
UNTIL = datetime(2026, 11, 23, 6, 2, 10, 400_000, tzinfo=UTC)
BLOCKS = {HOME: Block(HOME, UNTIL, 130.4, "captcha")}


def mixed(home: int, other: int, **changes: Any) -> Job:
    """A running job of 3 items, handed out so far to its two marketplaces."""
    return job(**{"lanes": {HOME: home, OTHER: other}, **changes})


def test_running_job_of_a_blocked_marketplace_waits_for_it() -> None:
    waits = explained(job(fed=1), (HOME,), BLOCKS)
    assert waits.status_reason == "waiting for amazon.co.jp until 2026-11-23T06:02:10Z"
    assert (waits.waiting_for, waits.delayed_by) == (WaitingFor(HOME, UNTIL), (WaitingFor(HOME, UNTIL),))
    view = job_view(waits, NOW)
    assert view.waiting_for is not None
    assert (view.waiting_for.marketplace, view.waiting_for.until) == (HOME, UNTIL)
    assert view.delayed_by == [view.waiting_for]
    assert view.status_reason == waits.status_reason


@pytest.mark.parametrize(
    "of",
    [mixed(1, 2), mixed(1, 2, total_items=30, run=2, run_items=3), mixed(3, 3, total_items=None), job(fed=2)],
    ids=["cursor", "later run", "unresolved", "without cursors"],
)
def test_job_goes_on_while_another_of_its_marketplaces_has_items_left(of: Job) -> None:
    delayed = explained(of, (OTHER, HOME), BLOCKS)
    assert (delayed.waiting_for, delayed.delayed_by) == (None, (WaitingFor(HOME, UNTIL),))
    assert delayed.status_reason == "waiting for amazon.co.jp until 2026-11-23T06:02:10Z; its other items go on"


@pytest.mark.parametrize("of", [mixed(1, 3), mixed(1, 3, total_items=30, run=2, run_items=3), job(fed=3)])
def test_job_waits_once_only_blocked_marketplaces_have_items_left(of: Job) -> None:
    waits = explained(of, (OTHER, HOME), BLOCKS)
    assert waits.waiting_for == WaitingFor(HOME, UNTIL)


def test_job_waits_for_the_marketplace_that_is_asked_again_soonest() -> None:
    sooner = UNTIL - timedelta(seconds=30)
    waits = explained(mixed(0, 0), (HOME, OTHER), {**BLOCKS, OTHER: Block(OTHER, sooner, 100.4, "captcha")})
    assert waits.waiting_for == WaitingFor(OTHER, sooner)
    assert waits.delayed_by == (WaitingFor(OTHER, sooner), WaitingFor(HOME, UNTIL))
    moments = "amazon.de until 2026-11-23T06:01:40Z, amazon.co.jp until 2026-11-23T06:02:10Z"
    assert waits.status_reason == f"waiting for {moments}"


def test_tag_changes_with_what_a_job_waits_for_and_not_with_the_time() -> None:
    running = job(fed=1)
    waits = explained(running, (HOME,), BLOCKS)
    longer = explained(running, (HOME,), {HOME: Block(HOME, UNTIL + timedelta(seconds=1), 131.4, "captcha")})
    tags = {entity_tag(job_view(each, NOW)) for each in (running, waits, longer, replace(running, rev=2))}
    assert len(tags) == 4
    assert entity_tag(job_view(waits, NOW)) == entity_tag(job_view(waits, NOW + timedelta(seconds=5)))


@pytest.mark.parametrize("tag", ['W/"12-00ff"', '"12-00ff"', 'W/"12"', ' "12"'])
def test_tag_names_the_revision(tag: str) -> None:
    assert tagged_revision(tag) == "12"


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.PROCESSING])
def test_job_that_does_not_run_waits_for_no_marketplace(status: JobStatus) -> None:
    other = job(status=status, status_reason="its own reason")
    assert explained(other, (HOME,), BLOCKS) is other


def test_job_of_other_marketplaces_does_not_wait() -> None:
    running = job(status=JobStatus.PROCESSING)
    assert explained(running, ("amazon.de",), BLOCKS) is running
    assert explained(running, (HOME,), {}) is running
    view = job_view(running, NOW)
    assert (view.waiting_for, view.delayed_by) == (None, [])
