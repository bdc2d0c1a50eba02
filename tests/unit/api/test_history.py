"""What prices did, and products whose price changed, over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.products import change_percent
from tests.unit.api.builders import HOME, NOW, asin, bearer, price_point, product
from tests.unit.api.conftest import World
from tests.unit.api.test_http import problem

PATH = f"/v1/products/{HOME}/{asin(1)}/price-history"


@pytest.fixture
def known(world: World) -> World:
    """One product of Ann's with four points, and one that she does not have."""
    mine = product(1)
    world.products.products = {mine["_id"]: mine}
    world.products.points = [price_point(n, None if n == 3 else str(100 - n)) for n in range(1, 5)]
    world.products.points.append(price_point(1, number=2))
    return world


async def points(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(PATH, params=params, headers=bearer())).json()["items"]
    return found


async def test_history_comes_newest_first_with_gaps_in_it(client: httpx.AsyncClient, known: World) -> None:
    assert [point["price"] for point in await points(client)] == [96, None, 98, 99]
    assert (await points(client))[0] == {
        "at": "2026-11-23T10:00:00Z",
        "price": 96,
        "currency": "JPY",
        "availability": "in_stock",
    }


async def test_history_is_for_owners_of_the_product(client: httpx.AsyncClient, known: World) -> None:
    problem(await client.get(PATH, headers=bearer("bob")), 404, "product_not_found")
    problem(await client.get(PATH.replace(asin(1), asin(2)), headers=bearer()), 404, "product_not_found")
    assert (await client.get(PATH.lower().replace("b0", "B0"), headers=bearer())).status_code == 200


async def test_history_is_cut_by_time_from_on_and_before(client: httpx.AsyncClient, known: World) -> None:
    from_on, before = (NOW + timedelta(hours=n) for n in (2, 4))
    assert [p["price"] for p in await points(client, since=from_on.isoformat())] == [96, None, 98]
    assert [p["price"] for p in await points(client, until=before.isoformat())] == [None, 98, 99]
    elsewhere = "2026-11-23T17:00:00+09:00"  # two hours after NOW
    assert [p["price"] for p in await points(client, since=elsewhere, until=before.isoformat())] == [None, 98]


async def test_pages_of_a_history_join_to_the_whole(client: httpx.AsyncClient, known: World) -> None:
    params: dict[str, Any] = {"limit": 3}
    first = (await client.get(PATH, params=params, headers=bearer())).json()
    rest = (await client.get(PATH, params={**params, "cursor": first["next_cursor"]}, headers=bearer())).json()
    assert [p["price"] for p in first["items"] + rest["items"]] == [96, None, 98, 99]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "WzIxNDc0ODM2NDhd"},
        {"cursor": "x"},
        {"since": "2026-11-23T06:00:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_unusable_bounds_of_a_history_are_refused(
    client: httpx.AsyncClient, known: World, params: dict[str, str]
) -> None:
    problem(await client.get(PATH, params=params, headers=bearer()), 422, "invalid_request")


def changed(number: int, hours: int, price: str | None = "90") -> dict[str, Any]:
    moved: dict[str, Any] = {"price": price and Decimal(price), "previous_price": Decimal(120)}
    return product(number, **moved, price_changed_at=NOW + timedelta(hours=hours))


async def test_changes_are_listed_the_latest_first(client: httpx.AsyncClient, world: World) -> None:
    stored = [product(1, price=Decimal(5)), changed(2, 1), changed(3, 3), changed(4, 2)]
    world.products.products = {p["_id"]: p for p in stored}
    answer = await client.get("/v1/products", params={"sort": "-price_changed_at", "limit": 2}, headers=bearer())
    rest = await client.get(answer.headers["link"].partition(">")[0][1:], headers=bearer())
    assert [p["asin"] for p in answer.json()["items"] + rest.json()["items"]] == [asin(n) for n in (3, 4, 2)]
    entry = answer.json()["items"][0]
    assert (entry["price"], entry["previous_price"], entry["price_change_percent"]) == (90, 120, -25)
    assert entry["price_changed_at"] == "2026-11-23T09:00:00Z"


async def test_changed_products_are_a_filter_of_any_order(client: httpx.AsyncClient, world: World) -> None:
    stored = [product(1, price=Decimal(5)), changed(2, 1, "80"), changed(3, 3, "70")]
    world.products.products = {p["_id"]: p for p in stored}
    for wanted, numbers in (("true", (3, 2)), ("false", (1,))):
        params = {"sort": "price", "changed": wanted}
        found = (await client.get("/v1/products", params=params, headers=bearer())).json()["items"]
        assert [p["asin"] for p in found] == [asin(n) for n in numbers]


@pytest.mark.parametrize(
    ("before", "now", "percent"),
    [("100", "90", "-10"), ("3", "4", "33.33"), ("0", "4", None), (None, "4", None), ("4", None, None)],
)
def test_change_is_told_in_percent(before: str | None, now: str | None, percent: str | None) -> None:
    found = change_percent(before and Decimal(before), now and Decimal(now))  # type: ignore[arg-type]  # or None
    assert found == (percent and Decimal(percent))
