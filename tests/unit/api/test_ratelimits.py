"""Requests of one user are limited over all processes, and most cost the database nothing."""

from typing import Any

import httpx
import pytest

from services.api.ratelimits import Policy, RateLimits
from shared.errors import DatabaseUnavailableError
from tests.unit.api.builders import NOW, api_settings, asin, bearer
from tests.unit.api.conftest import World
from tests.unit.api.fakes import FakeClock, FakeQuotaStore

BULK = {"type": "BULK_ASIN", "asins": [asin(1)]}


def replica(store: FakeQuotaStore, clock: FakeClock, quota: int = 60) -> RateLimits:
    return RateLimits(store, {"general": Policy("general", quota)}, clock)


async def admitted(limits: RateLimits, user: str = "ann") -> bool:
    [standing] = await limits.take(user, collecting=False)
    return standing.allowed


async def test_replicas_together_give_out_the_quota_and_no_more() -> None:
    store, clock = FakeQuotaStore(), FakeClock(NOW)
    replicas = [replica(store, clock) for _ in range(4)]
    given = sum([await admitted(replicas[number % 4]) for number in range(400)])
    assert given == 60
    assert await admitted(replicas[0], "bob")


async def test_requests_come_back_evenly() -> None:
    store, clock = FakeQuotaStore(), FakeClock(NOW)
    limits = replica(store, clock)
    while await admitted(limits):
        pass
    store.time = clock.elapsed = 10.0
    assert sum([await admitted(limits) for _ in range(60)]) == 10


async def test_most_requests_cost_the_database_nothing() -> None:
    store, clock = FakeQuotaStore(), FakeClock(NOW)
    limits = replica(store, clock, quota=6_000)
    for _ in range(600):
        assert await admitted(limits)
    assert store.draws == 2
    over = replica(FakeQuotaStore(), clock, quota=1)
    await admitted(over)
    for _ in range(100):
        assert not await admitted(over)


async def test_refused_user_who_goes_on_asking_costs_the_database_nothing() -> None:
    store, clock = FakeQuotaStore(), FakeClock(NOW)
    limits = replica(store, clock, quota=1)
    assert [await admitted(limits) for _ in range(100)] == [True] + [False] * 99
    assert store.draws == 2


async def test_nothing_is_limited_while_the_database_is_away() -> None:
    class Away(FakeQuotaStore):
        async def draw(self, *_: Any) -> Any:
            raise DatabaseUnavailableError("gone")

    assert (
        await RateLimits(Away(), {"general": Policy("general", 1)}, FakeClock(NOW)).take("ann", collecting=False) == []
    )


@pytest.fixture
def world() -> World:
    return World(settings=api_settings(user_requests_per_minute=40, user_collecting_requests_per_minute=2))


async def test_answers_tell_the_quota_and_what_is_left(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/jobs", headers=bearer())
    assert response.headers["ratelimit-policy"] == '"general";q=40;w=60'
    assert response.headers["ratelimit"] == '"general";r=39;t=3'
    posted = await client.post("/v1/jobs", json=BULK, headers=bearer())
    assert posted.headers["ratelimit-policy"] == '"general";q=40;w=60, "collecting";q=2;w=60'
    assert posted.headers["ratelimit"] == '"general";r=38;t=3, "collecting";r=1;t=30'
    assert "ratelimit" not in (await client.get("/healthz")).headers


async def test_collecting_has_a_limit_of_its_own_and_dry_runs_have_not(client: httpx.AsyncClient) -> None:
    for said in ("true", "1", "True", "yes"):
        assert (await client.post(f"/v1/jobs?dry_run={said}", json=BULK, headers=bearer())).status_code == 200
    statuses = [(await client.post("/v1/jobs", json=BULK, headers=bearer())).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]
    refused = await client.post("/v1/jobs", json=BULK, headers=bearer())
    problem = refused.json()
    assert (problem["code"], problem["retryable"], problem["violated_policies"]) == (
        "rate_limited",
        True,
        ["collecting"],
    )
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert refused.headers["ratelimit"].endswith('"collecting";r=0;t=60')
    assert (await client.get("/v1/jobs", headers=bearer())).status_code == 200
