"""Cancelling also reaches what the collectors hold already: at full speed that is a whole window."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.e2e.exactness import figures
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SLOW = {"slow": 1.0, "slow_seconds": 1.0}
# Until every collector has read that the job is cancelled.
REACTION_SECONDS = 1.0


def test_cancelled_job_is_dropped_by_those_who_hold_it(system: System) -> None:
    user, asins = system.user(), fresh_asins(400)
    with system.storefront.faults(SLOW):
        job_id = user.submit_asins(asins)
        user.wait_for_progress(job_id, 1)
        user.cancel(job_id)
        cancelled_at = time.time()
        # Whatever of the first job is still to be fetched stands before this one.
        follower = user.submit_asins(fresh_asins(20))
        assert user.wait_for_end(follower)["status"] == "COMPLETED"

    requests = system.storefront.requests(asins)
    assert [request for request in requests if request.time > cancelled_at + REACTION_SECONDS] == []
    progress = figures(system, job_id)["progress"]
    statuses = Counter(item["status"] for item in user.items(job_id))
    assert statuses == {"succeeded": progress, "cancelled": 400 - progress}
