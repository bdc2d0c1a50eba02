"""What a job would come to: counted before it is submitted, and nothing stored."""

from typing import Any

import httpx
import pytest

from services.api.quotes import Demand, Pace, RunningJob, estimate
from services.api.responses import QUOTE_EXAMPLE, Quote
from tests.unit.api.builders import HOME, asin, bearer
from tests.unit.api.conftest import World

KEYWORD = {"type": "KEYWORD", "keyword": "x", "max_results": 100}


async def quote(client: httpx.AsyncClient, body: dict[str, Any], query: str = "") -> Quote:
    response = await client.post(f"/v1/jobs?dry_run=true{query}", json=body, headers=bearer())
    assert response.status_code == 200, response.text
    return Quote.model_validate_json(response.content)


def test_example_is_complete() -> None:
    assert Quote.model_validate(QUOTE_EXAMPLE).model_dump(mode="json") == QUOTE_EXAMPLE


async def test_list_is_counted_and_nothing_is_stored(client: httpx.AsyncClient, world: World) -> None:
    world.quotes.fresh = {f"{HOME}:{asin(2)}"}
    world.quotes.paces = {HOME: Pace(2.0, blocked=30.0)}
    lines = [asin(1), asin(1), asin(2), "bad", f"https://www.amazon.de/dp/{asin(3)}"]
    found = await quote(client, {"type": "BULK_ASIN", "asins": lines})
    assert found.counts is not None
    assert (found.counts.accepted, found.counts.duplicate, found.counts.invalid) == (3, 1, 1)
    assert (found.items, found.already_fresh, found.expected_requests, found.items_at_most) == (3, 1, 2, False)
    assert [(m.marketplace, m.requests, m.blocked_seconds) for m in found.marketplaces] == [
        (HOME, 1, 30.0),
        ("amazon.de", 1, 0.0),
    ]
    assert found.eta_seconds == 32.0
    assert (found.would_finish_at - world.clock.now()).total_seconds() == 32.0
    assert (world.jobs.jobs, world.jobs.sources, world.broker.published) == ({}, {}, [])


async def test_zero_age_finds_nothing_fresh(client: httpx.AsyncClient, world: World) -> None:
    world.quotes.fresh = {f"{HOME}:{asin(1)}"}
    body = {"type": "BULK_ASIN", "asins": [asin(1)], "settings": {"max_age_seconds": 0}}
    assert (await quote(client, body)).already_fresh == 0


async def test_upload_is_quoted_as_it_would_be_taken_in(client: httpx.AsyncClient, world: World) -> None:
    text = "".join(f"{asin(number)}\n" for number in range(2_500))
    world.quotes.fresh = {f"{HOME}:{asin(number)}" for number in range(0, 2_500, 10)}
    headers = {**bearer(), "Content-Type": "text/plain"}
    response = await client.post("/v1/jobs?dry_run=true", content=text + "bad", headers=headers)
    found = Quote.model_validate_json(response.content)
    assert (found.items, found.already_fresh, found.expected_requests) == (2_500, 250, 2_250)
    assert world.jobs.sources == {}


async def test_listing_is_quoted_at_most(client: httpx.AsyncClient) -> None:
    found = await quote(client, KEYWORD)
    assert (found.counts, found.items, found.items_at_most, found.expected_requests) == (None, 100, True, 103)
    product = await quote(client, {"type": "URL", "url": f"https://www.amazon.co.jp/dp/{asin(1)}"})
    assert (product.items, product.items_at_most, product.expected_requests) == (1, False, 1)


async def test_quote_is_refused_as_the_job_would_be(client: httpx.AsyncClient) -> None:
    bad = await client.post("/v1/jobs?dry_run=true", json={"type": "BULK_ASIN", "asins": ["x"]}, headers=bearer())
    assert (bad.status_code, bad.json()["code"]) == (422, "no_valid_items")


def running(remaining: int, user: str = "bob", *, is_running: bool = True, place: str | None = HOME) -> RunningJob:
    return RunningJob(user_id=user, is_running=is_running, remaining=remaining, marketplace=place)


@pytest.mark.parametrize(
    ("jobs", "others"),
    [
        ([], 0),
        ([running(5)], 5),
        ([running(1_000)], 10),
        ([running(1_000, is_running=False)], 0),
        ([running(1_000, place="amazon.de")], 0),
        ([running(3, place=None), running(4)], 7),
    ],
)
def test_running_jobs_take_turns_with_it(jobs: list[RunningJob], others: int) -> None:
    demand = Demand(items={HOME: 10}, fresh={HOME: 0}, listing_pages={HOME: 0})
    found = estimate("ann", demand, {HOME: Pace(2.0)}, jobs, limit=5)
    assert (found.marketplaces[0].requests_of_others, found.total) == (others, 2.0 * (10 + others))


def test_job_beyond_the_users_share_waits_for_one_to_end() -> None:
    demand = Demand(items={HOME: 10}, fresh={HOME: 10}, listing_pages={HOME: 0})
    mine = [running(30, "ann"), running(7, "ann"), running(50, "bob")]
    found = estimate("ann", demand, {HOME: Pace(2.0)}, mine, limit=2)
    assert (found.running, found.start_delay, found.total) == (2, 7 * 2.0 * 3, 42.0)
