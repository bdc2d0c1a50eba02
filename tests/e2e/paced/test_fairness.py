"""A large job of one user holds up the small job of another by no more than a window."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.user import User

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

# At this pace a window is 4 items; some more are fetched while the small job is being taken in and expanded, which
# takes longer on a busy machine. Then its first items have four places in five.
MOST_IN_FRONT = 12
# Beside so many urgent ones more than half as many normal ones come where priority counts for nothing.
URGENT = 36
# What had been handed out of the normal job when the first of the urgent ones came.
WINDOW = 5


def test_small_job_does_not_wait_for_a_large_one(system: System) -> None:
    large, small, many, few = system.user(), system.user(), fresh_asins(300), fresh_asins(3)
    large_id = large.submit_asins(many)
    large.wait_for_progress(large_id, 5)
    started = time.time()
    small.wait_for_end(small.submit_asins(few))
    ended = max(request.time for request in system.storefront.requests(few))
    large.cancel(large_id)

    in_front = [request for request in system.storefront.requests(many) if started < request.time < ended]
    assert len(in_front) <= MOST_IN_FRONT


def seconds_of(user: User, job_id: str) -> float:
    """From its submission to its end, both on the database's clock."""
    job = user.wait_for_end(job_id)
    assert (job["status"], job["success_count"]) == ("COMPLETED", 10)
    created, completed = (datetime.fromisoformat(job[name]) for name in ("created_at", "completed_at"))
    return (completed - created).total_seconds()


def test_small_job_behind_20000_items_takes_less_than_twice_its_time(system: System) -> None:
    large, small = system.user(), system.user()
    alone = seconds_of(small, small.submit_asins(fresh_asins(10)))
    large_id = large.submit_asins(fresh_asins(20_000))
    large.wait_for_progress(large_id, 10)
    behind = seconds_of(small, small.submit_asins(fresh_asins(10)))
    assert large.job(large_id)["status"] == "PROCESSING"
    large.cancel(large_id)
    assert behind < 2 * alone


def test_urgent_job_overtakes_a_normal_one(system: System) -> None:
    first, second, normal, urgent = system.user(), system.user(), fresh_asins(120), fresh_asins(URGENT)
    normal_id = first.submit_asins(normal)
    first.wait_for_progress(normal_id, 10)
    urgent_id = second.submit_asins(urgent, priority="high")
    second.wait_for_progress(urgent_id, 1)
    started = time.time()
    second.wait_for_end(urgent_id)
    ended = max(request.time for request in system.storefront.requests(urgent))
    first.cancel(normal_id)
    beside = [request for request in system.storefront.requests(normal) if started < request.time < ended]
    # Its share is at least three places in four.
    assert len(beside) <= URGENT / 3 + WINDOW
