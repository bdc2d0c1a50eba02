"""The way of a job from the request to the products, as its user sees it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from deploy.local.storefront.facts import facts_for
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.paced.journey import Journey
from tests.e2e.storefront import JAPAN, fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_every_item_is_counted_exactly_once(system: System, journey: Journey) -> None:
    names = ("status", "total_items", "progress", "success_count", "error_count", "success_rate", "progress_percent")
    assert [journey.job[name] for name in names] == ["COMPLETED", 60, 60, 57, 3, 95.0, 100.0]
    assert_counted_exactly(system, journey.job["id"], total=60, failed=3)


def test_failed_items_say_why(journey: Journey) -> None:
    items = journey.user.items(journey.job["id"])
    failed = journey.user.items(journey.job["id"], status="failed")
    assert Counter(item["status"] for item in items) == {"succeeded": 57, "failed": 3}
    assert [item["asin"] for item in items[30:33]] == journey.unknown == [item["asin"] for item in failed]
    assert {item["error"]["code"] for item in failed} == {"not_found"}
    assert all(item["error"]["message"] and not item["error"]["retryable"] for item in failed)


def test_products_are_stored_and_served(system: System, journey: Journey) -> None:
    stored = {p["asin"]: p for p in system.database["products"].find({"user_id": journey.user.name})}
    served = {p["asin"]: p for p in journey.user.products(job_id=journey.job["id"])}
    facts = {asin: facts_for(JAPAN, asin) for asin in journey.known}
    assert {product["marketplace"] for product in stored.values()} == {JAPAN}
    assert {asin: p["title"] for asin, p in stored.items()} == {asin: true.title for asin, true in facts.items()}
    assert {asin: price_of(p) for asin, p in stored.items()} == {asin: true.price for asin, true in facts.items()}
    assert {asin: p["title"] for asin, p in served.items()} == {asin: true.title for asin, true in facts.items()}


def price_of(product: dict[str, Any]) -> Decimal | None:
    return None if product["price"] is None else product["price"].to_decimal()


def test_live_stream_shows_the_whole_way(journey: Journey) -> None:
    names = [name for name, _ in journey.events]
    progress = [job["progress"] for _, job in journey.events]
    assert (names[0], names[-1], set(names[1:-1])) == ("snapshot", "completed", {"progress"})
    assert progress == sorted(progress)
    assert progress[-1] == 60
    assert len(set(progress)) > 20


def test_same_idempotency_key_makes_one_job(system: System) -> None:
    """Also when it comes four times at once: while the first is under way, the others are told so."""
    user, asins = system.user(), fresh_asins(3)
    request, headers = {"type": "BULK_ASIN", "asins": asins}, {"Idempotency-Key": "once"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: user.client.post("/v1/jobs", json=request, headers=headers), range(4)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    again = user.submit("BULK_ASIN", key="once", asins=asins)
    assert {answer.json()["id"] for answer in answers if answer.status_code == 202} == {again["id"]}
    assert len(user.jobs()) == 1
    user.wait_for_end(again["id"])
    assert Counter(request.asin for request in system.storefront.requests(asins)) == dict.fromkeys(asins, 1)


def test_users_see_nothing_of_each_other(system: System) -> None:
    owner, other, asins = system.user(), system.user(), fresh_asins(2)
    job_id = owner.submit_asins(asins)
    owner.wait_for_end(job_id)
    paths = [f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/items", f"/v1/jobs/{job_id}/events"]
    paths += [f"/v1/products/{JAPAN}/{asins[0]}", f"/v1/products/{JAPAN}/{asins[0]}/price-history"]
    assert [other.client.get(path).status_code for path in paths] == [404] * 5
    assert [owner.client.get(path).status_code for path in paths] == [200] * 5
    actions = [f"/v1/jobs/{job_id}/cancel", f"/v1/products/{JAPAN}/{asins[0]}/analyze"]
    assert [other.client.post(path, json={}).status_code for path in actions] == [404] * 2
    assert (other.jobs(), other.products()) == ([], [])


def test_fresh_page_serves_a_second_user_too(system: System) -> None:
    first, second, asins = system.user(), system.user(), fresh_asins(3)
    for user in (first, second):
        job_id = user.submit_asins(asins)
        assert user.wait_for_end(job_id)["success_count"] == 3
        assert {product["asin"] for product in user.products()} == set(asins)
    assert len(system.storefront.requests(asins)) == 3
