"""Trying again and deleting, on the whole system at full speed."""

from __future__ import annotations

import pytest

from tests.e2e.exactness import figures
from tests.e2e.storefront import fresh_asins, unknown_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_failed_items_are_tried_again_and_only_they(system: System) -> None:
    user, known, unknown = system.user(), fresh_asins(40), unknown_asins(10)
    job_id = user.submit_asins([*known, *unknown], settings={"max_age_seconds": 0})
    assert user.wait_for_end(job_id)["error_count"] == 10
    system.storefront.forget_requests()

    retried = user.act(job_id, "retry", error_codes=["not_found"])
    assert (retried["status"], retried["run"], retried["total_items"]) == ("PENDING", 2, 50)
    user.wait_for_end(job_id)

    counts = {"progress": 50, "success_count": 40, "error_count": 10, "ledger": 50}
    assert figures(system, job_id) == {"status": "COMPLETED", "total_items": 50, **counts}
    assert {r.asin for r in system.storefront.requests([*known, *unknown])} == set(unknown)
    refused = user.client.post(f"/v1/jobs/{job_id}/retry", json={"error_codes": ["timeout"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_retry")


def test_deleted_job_is_gone_and_its_products_stay(system: System) -> None:
    user, asins = system.user(), fresh_asins(20)
    job_id = user.submit_asins(asins)
    assert user.client.delete(f"/v1/jobs/{job_id}", params={"cancel": "true"}).status_code == 204
    assert user.client.get(f"/v1/jobs/{job_id}").status_code == 404
    assert user.client.delete(f"/v1/jobs/{job_id}").status_code == 204

    done = user.submit_asins(fresh_asins(5))
    user.wait_for_end(done)
    assert user.client.delete(f"/v1/jobs/{done}").status_code == 204
    assert wait_until(lambda: system.database["items"].count_documents({"job_id": done}) == 0)
    assert system.database["products"].count_documents({"job_id": done}) == 5
