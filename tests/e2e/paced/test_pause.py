"""A marketplace that asks to slow down is left alone, by every process."""

from __future__ import annotations

import time

import pytest

from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

PAUSE_SECONDS = 2
# Until the answer is understood and everyone knows of it.
REACTION_SECONDS = 0.6
ITEMS = 16


def test_nobody_fetches_during_a_pause(system: System) -> None:
    user, asins = system.user(), fresh_asins(ITEMS)
    job_id = user.submit_asins(asins)
    user.wait_for_progress(job_id, 4)
    with system.storefront.faults({"503": 1.0, "retry_after": PAUSE_SECONDS}):
        wait_until(lambda: any(request.status == 503 for request in system.storefront.requests(asins)))
    job = user.wait_for_end(job_id)

    requests = system.storefront.requests(asins)
    blocked_at = next(request.time for request in requests if request.status == 503)
    after = [round(request.time - blocked_at, 2) for request in requests if request.time > blocked_at]
    assert [seconds for seconds in after if REACTION_SECONDS < seconds < PAUSE_SECONDS] == []
    assert (job["status"], job["success_count"], job["error_count"]) == ("COMPLETED", ITEMS, 0)


def test_job_that_waits_for_a_blocked_marketplace_is_cancelled_at_once(system: System) -> None:
    user, asins = system.user(), fresh_asins(ITEMS)
    with system.storefront.faults({"503": 1.0, "retry_after": PAUSE_SECONDS}):
        job_id = user.submit_asins(asins)
        wait_until(lambda: user.job(job_id)["waiting_for"])
        cancelled = user.cancel(job_id)
        cancelled_at = time.time()
    follower = user.submit_asins(fresh_asins(3))

    assert (cancelled["status"], cancelled["waiting_for"]) == ("CANCELLED", None)
    assert user.wait_for_end(follower)["status"] == "COMPLETED"
    assert [r for r in system.storefront.requests(asins) if r.time > cancelled_at + 1.0] == []
    job = user.job(job_id)
    assert (job["status"], job["progress"] + job["cancelled_count"]) == ("CANCELLED", ITEMS)
