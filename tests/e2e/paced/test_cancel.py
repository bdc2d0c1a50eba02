"""Cancelling: at once for the marketplace, and with counts that stay true."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

import pytest

from tests.e2e.exactness import figures, outcomes
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

RUNNING_JOBS_PER_USER = 5


def test_cancelled_job_asks_for_nothing_more(system: System) -> None:
    user, asins = system.user(), fresh_asins(300)
    job_id = user.submit_asins(asins)
    user.wait_for_progress(job_id, 5)

    cancelled = user.cancel(job_id)
    cancelled_at = time.time()
    # A job that comes after it has the marketplace for itself, and shows that its collectors are at work.
    follower = user.submit_asins(fresh_asins(10))
    assert user.wait_for_end(follower)["status"] == "COMPLETED"

    assert (cancelled["status"], cancelled["total_items"]) == ("CANCELLED", 300)
    # Nothing more is handed out; that what is in hand is dropped as well shows at full speed.
    assert [r for r in system.storefront.requests(asins) if r.time > cancelled_at + 1.0] == []


def test_counts_of_a_cancelled_job_stay_true(system: System) -> None:
    user, asins = system.user(), fresh_asins(300)
    job_id = user.submit_asins(asins)
    user.wait_for_progress(job_id, 5)
    user.cancel(job_id)
    in_force_at = time.time() + 1.0

    def settled() -> int:
        """What was under way when the job was cancelled is counted as well; soon nothing more is sent."""
        assert time.time() > in_force_at
        counted, stored = figures(system, job_id), outcomes(system, job_id)
        fetched = Counter(request.asin for request in system.storefront.requests(asins))
        assert counted["progress"] == counted["ledger"] == len(stored["seqs"]) == len(set(stored["seqs"]))
        assert counted["progress"] == fetched.total() == len(fetched)
        return int(counted["progress"])

    progress = wait_until(settled, 10)
    job = user.job(job_id)
    assert (job["status"], job["progress"], job["cancelled_count"]) == ("CANCELLED", progress, 300 - progress)
    assert Counter(item["status"] for item in user.items(job_id)) == {
        "succeeded": progress,
        "cancelled": 300 - progress,
    }
    assert [name for name, _ in user.events(job_id)] == ["snapshot", "cancelled"]


def test_job_cancelled_while_it_waits_never_starts(system: System) -> None:
    user = system.user()
    running = [user.submit_asins(fresh_asins(100)) for _ in range(RUNNING_JOBS_PER_USER)]
    wait_until(lambda: all(user.job(job_id)["status"] == "PROCESSING" for job_id in running))
    asins = fresh_asins(3)
    waiting = user.submit_asins(asins)
    reason = wait_until(lambda: user.job(waiting)["status_reason"])

    cancelled = user.cancel(waiting)
    for job_id in running:
        user.cancel(job_id)
    follower = user.submit_asins(fresh_asins(3))

    assert user.wait_for_end(follower)["status"] == "COMPLETED"
    assert "5 running jobs" in reason
    assert (cancelled["status"], cancelled["started_at"]) == ("CANCELLED", None)
    job = user.job(waiting)
    counts = (job["status"], job["progress"], job["total_items"], job["cancelled_count"])
    assert counts == ("CANCELLED", 0, 3, 3)
    assert [item["status"] for item in user.items(waiting)] == ["cancelled"] * 3
    assert datetime.fromisoformat(job["completed_at"]) >= datetime.fromisoformat(job["created_at"])
    assert system.storefront.requests(asins) == []
