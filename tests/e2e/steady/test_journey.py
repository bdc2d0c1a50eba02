"""The way of a job from the request to the products, as its user sees it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.steady.conftest import INTERVAL_SECONDS
from tests.e2e.storefront import JAPAN, Request, fresh_asins, gaps, unknown_asins
from tests.e2e.system import System
from tests.e2e.user import User

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(180)]

# The storefront stamps arrivals by the kernel's clock; the rest is the way through the loopback.
TOLERANCE_SECONDS = 0.005


@dataclass(frozen=True)
class Journey:
    """A job of 100 products, three of which do not exist, after its end."""

    user: User
    job: dict[str, Any]
    known: list[str]
    unknown: list[str]
    events: list[tuple[str, dict[str, Any]]]
    requests: list[Request]


@pytest.fixture(scope="module")
def journey(system: System) -> Journey:
    user, known, unknown = system.user(), fresh_asins(97), unknown_asins(3)
    asins = [*known[:50], *unknown, *known[50:]]
    job_id = user.submit_asins(asins)
    events = list(user.events(job_id))
    return Journey(user, user.job(job_id), known, unknown, events, system.storefront.requests(asins))


def test_every_item_is_counted_exactly_once(system: System, journey: Journey) -> None:
    names = ("status", "total_items", "progress", "success_count", "error_count", "success_rate", "progress_percent")
    assert [journey.job[name] for name in names] == ["COMPLETED", 100, 100, 97, 3, 97.0, 100.0]
    assert_counted_exactly(system, journey.job["id"], total=100, failed=3)


def test_failed_items_say_why(journey: Journey) -> None:
    items = journey.user.items(journey.job["id"])
    failed = journey.user.items(journey.job["id"], status="failed")
    assert Counter(item["status"] for item in items) == {"succeeded": 97, "failed": 3}
    assert [item["asin"] for item in items[50:53]] == journey.unknown == [item["asin"] for item in failed]
    assert {item["error"]["code"] for item in failed} == {"not_found"}
    assert all(item["error"]["message"] and not item["error"]["retryable"] for item in failed)


def test_products_are_stored_and_served(system: System, journey: Journey) -> None:
    stored = {p["asin"]: p for p in system.database["products"].find({"user_id": journey.user.name})}
    served = {p["asin"]: p for p in journey.user.products(job_id=journey.job["id"])}
    assert set(stored) == set(journey.known) == set(served)
    assert {product["marketplace"] for product in stored.values()} == {JAPAN}
    assert all(product["title"] for product in stored.values())
    priced = [product for product in stored.values() if product["price"] is not None]
    assert {product["currency"] for product in priced} == {"JPY"}
    assert len(priced) > 80  # some are out of stock and have no price
    assert {asin: p["title"] for asin, p in stored.items()} == {asin: p["title"] for asin, p in served.items()}


def test_live_stream_shows_the_whole_way(journey: Journey) -> None:
    names = [name for name, _ in journey.events]
    progress = [job["progress"] for _, job in journey.events]
    assert (names[0], names[-1], set(names[1:-1])) == ("snapshot", "completed", {"progress"})
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert len(set(progress)) > 20


def test_requests_keep_the_interval_and_use_it(journey: Journey) -> None:
    assert len(journey.requests) == 100
    assert min(gaps(journey.requests)) >= INTERVAL_SECONDS - TOLERANCE_SECONDS
    span = journey.requests[-1].time - journey.requests[0].time
    possible = int(span / INTERVAL_SECONDS) + 1
    assert len(journey.requests) / possible >= 0.95


def test_address_and_keyword_become_products(system: System) -> None:
    user = system.user()
    bestsellers = user.submit("URL", url="https://www.amazon.co.jp/gp/bestsellers/toys", max_results=20)
    search = user.submit("KEYWORD", keyword="ミニ四駆", marketplace=JAPAN, max_results=20)
    for job in (bestsellers, search):
        ended = user.wait_for_end(job["id"])
        assert (ended["status"], ended["success_count"], ended["error_count"]) == ("COMPLETED", 20, 0)
        assert_counted_exactly(system, job["id"], total=20)
    assert all(product["title"] for product in user.products())


def test_same_idempotency_key_makes_one_job(system: System) -> None:
    user, asins = system.user(), fresh_asins(3)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: user.submit("BULK_ASIN", key="once", asins=asins), range(4)))
    assert len({answer["id"] for answer in answers}) == 1 == len(user.jobs())
    user.wait_for_end(answers[0]["id"])
    assert Counter(request.asin for request in system.storefront.requests(asins)) == dict.fromkeys(asins, 1)


def test_users_see_nothing_of_each_other(system: System) -> None:
    owner, other, asins = system.user(), system.user(), fresh_asins(2)
    job_id = owner.submit_asins(asins)
    owner.wait_for_end(job_id)
    paths = [f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/items", f"/v1/jobs/{job_id}/events"]
    paths += [f"/v1/products/{JAPAN}/{asin}" for asin in asins]
    assert [other.client.get(path).status_code for path in paths] == [404] * 5
    assert [owner.client.get(path).status_code for path in paths] == [200] * 5
    assert other.client.post(f"/v1/jobs/{job_id}/cancel").status_code == 404
    assert (other.jobs(), other.products()) == ([], [])


def test_fresh_page_serves_a_second_user_too(system: System) -> None:
    first, second, asins = system.user(), system.user(), fresh_asins(3)
    for user in (first, second):
        job_id = user.submit_asins(asins)
        assert user.wait_for_end(job_id)["success_count"] == 3
        assert {product["asin"] for product in user.products()} == set(asins)
    assert len(system.storefront.requests(asins)) == 3
