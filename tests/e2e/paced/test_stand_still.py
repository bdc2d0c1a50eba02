"""Pausing: at once for the marketplace, and nothing is lost or fetched twice when the job goes on."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_paused_job_asks_for_nothing_and_goes_on_where_it_stood(system: System) -> None:
    user, asins = system.user(), fresh_asins(24)
    job_id = user.submit_asins(asins)
    user.wait_for_progress(job_id, 4)
    paused = user.act(job_id, "pause")
    paused_at = time.time()
    # A job that comes after it has the marketplace for itself, and shows that its collectors are at work.
    follower = user.submit_asins(fresh_asins(12))
    assert user.wait_for_end(follower)["status"] == "COMPLETED"
    assert (paused["status"], user.job(job_id)["status"]) == ("PAUSED", "PAUSED")
    assert [r for r in system.storefront.requests(asins) if r.time > paused_at + 1.0] == []

    assert user.act(job_id, "resume")["status"] == "PENDING"
    user.wait_for_end(job_id)

    assert_counted_exactly(system, job_id, total=24)
    assert set(Counter(r.asin for r in system.storefront.requests(asins)).values()) == {1}
    timeline = user.client.get(f"/v1/jobs/{job_id}/timeline").raise_for_status().json()["items"]
    assert [entry["kind"] for entry in timeline] == ["submit", "start", "pause", "resume", "start", "complete"]
