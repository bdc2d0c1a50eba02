"""Marketplaces that answer badly delay a job, and fail those items only that nothing could be done for."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ATTEMPTS = 3
BLOCKS = {"captcha": 0.02, "503": 0.01, "429": 0.01}
BROKEN = {"reset": 0.05, "truncated": 0.05, "slow": 0.05, "slow_seconds": 0.5}
# What an item whose pages break off every time may fail with.
CODES_OF_BROKEN_PAGES = {"connection", "incomplete_answer", "timeout"}


def test_job_completes_among_faults_of_all_kinds(system: System) -> None:
    user, asins = system.user(), fresh_asins(200)
    with system.storefront.faults({**BLOCKS, **BROKEN, "seed": 5}):
        job_id = user.submit_asins(asins)
        job = user.wait_for_end(job_id, 120)

    failed = user.items(job_id, status="failed")
    assert_counted_exactly(system, job_id, total=200, failed=len(failed))
    assert {item["error"]["code"] for item in failed} <= CODES_OF_BROKEN_PAGES
    assert all(item["attempts"] == ATTEMPTS for item in failed)
    assert job["success_rate"] > 95
    asked = Counter(request.status for request in system.storefront.requests(asins))
    assert (asked[503] > 0, asked[429] > 0, asked.total() > 220) == (True, True, True)


def test_item_whose_page_always_breaks_fails_alone(system: System) -> None:
    user, [broken, *others] = system.user(), fresh_asins(20)
    with system.storefront.faults({"reset": 1.0, "paths": broken}):
        job_id = user.submit_asins([*others, broken])
        user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=20, failed=1)
    [failed] = user.items(job_id, status="failed")
    assert (failed["asin"], failed["attempts"]) == (broken, ATTEMPTS)
    assert failed["error"]["code"] in CODES_OF_BROKEN_PAGES
    assert len(system.storefront.requests([broken])) == ATTEMPTS


def test_item_blocked_more_often_than_it_has_attempts_succeeds(system: System) -> None:
    user, [blocked] = system.user(), fresh_asins(1)
    with system.storefront.faults({"captcha": 1.0, "paths": blocked}):
        job_id = user.submit_asins([blocked])
        wait_until(lambda: len(system.storefront.requests([blocked])) > ATTEMPTS, 60)
        assert user.job(job_id)["error_count"] == 0
    job = user.wait_for_end(job_id, 60)
    assert (job["status"], job["success_count"], job["error_count"]) == ("COMPLETED", 1, 0)
