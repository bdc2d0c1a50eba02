"""A large job of one user holds up the small job of another by no more than a window."""

from __future__ import annotations

import time

import pytest

from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# At this pace a window is 4 items. One of them may be in front of the small job when it arrives, and one more may be
# handed out while the small job is being expanded; after that the two take turns.
MOST_IN_FRONT = 12


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
