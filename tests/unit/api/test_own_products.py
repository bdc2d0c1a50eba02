"""Products as their user has them: marked, sorted, found, exported, and told why something is missing."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.missing import missing_reasons
from services.api.responses import STATS_EXAMPLE, Stats
from shared.jobs import JobStatus
from tests.unit.api.builders import HOME, NOW, asin, bearer, job, product
from tests.unit.api.conftest import World

PATH = f"/v1/products/{HOME}/{asin(1)}"


def stocked(world: World, *products: dict[str, Any]) -> None:
    world.products.products = {p["_id"]: p for p in products}


async def test_favorite_and_notes_are_set_one_by_one(client: httpx.AsyncClient, world: World) -> None:
    stocked(world, product(1))
    marked = await client.patch(PATH, json={"favorite": True}, headers=bearer())
    noted = await client.patch(PATH.lower(), json={"notes": "sale"}, headers=bearer())
    assert (marked.json()["favorite"], noted.json()["favorite"], noted.json()["notes"]) == (True, True, "sale")
    assert (await client.patch(PATH, json={"title": "x"}, headers=bearer())).status_code == 422
    assert (await client.patch(PATH, json={"notes": "x"}, headers=bearer("bob"))).status_code == 404


async def test_product_is_forgotten(client: httpx.AsyncClient, world: World) -> None:
    stocked(world, product(1))
    assert (await client.delete(PATH, headers=bearer("bob"))).status_code == 404
    assert (await client.delete(PATH, headers=bearer())).status_code == 204
    assert (await client.delete(PATH, headers=bearer())).status_code == 404


async def test_products_are_sorted_and_filtered_by_what_decides(client: httpx.AsyncClient, world: World) -> None:
    margins = {1: 5.5, 2: 20, 3: None, 4: 12}
    stocked(world, *(product(n, analysis=m and {"margin_percent": m, "category": "toys"}) for n, m in margins.items()))
    seen: list[str] = []
    params = {"sort": "-margin", "limit": "1"}
    while True:
        page = (await client.get("/v1/products", params=params, headers=bearer())).json()
        seen += [entry["asin"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [asin(n) for n in (2, 4, 1, 3)]
    found = (await client.get("/v1/products?min_margin=10&max_margin=15&category=toys", headers=bearer())).json()
    assert [entry["asin"] for entry in found["items"]] == [asin(4)]


async def test_products_are_exported_whole_and_continued(client: httpx.AsyncClient, world: World) -> None:
    stocked(world, *(product(n, price=Decimal(n)) for n in range(450)))
    whole = await client.get("/v1/products?format=ndjson&sort=price", headers=bearer())
    rows = [json.loads(line) for line in whole.text.splitlines()]
    assert [row["price"] for row in rows] == list(range(450))
    params = {"format": "csv", "sort": "price", "cursor": rows[-3]["cursor"]}
    rest = await client.get("/v1/products", params=params, headers=bearer())
    assert (len(rest.text.splitlines()), rest.headers["content-disposition"]) == (
        3,
        'attachment; filename="products.csv"',
    )


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({}, "price", "not_on_page"),
        ({"availability": "unavailable"}, "price", "not_for_sale"),
        ({"availability": "used_only"}, "seller", "sold_used_only"),
        ({"price": Decimal(5)}, "list_price", "not_reduced"),
        ({"price": Decimal(5)}, "previous_price", "never_changed"),
        ({}, "previous_price", "no_price"),
        ({"review_count": 0}, "rating", "no_reviews"),
        ({}, "analysis", "not_analyzed"),
        ({"gaps": {"price": "rule_drift"}}, "price", "rule_drift"),
        ({"gaps": {"price": "rule_drift"}, "availability": "unavailable"}, "price", "not_for_sale"),
        ({"gaps": {"images": "rule_drift"}, "images": []}, "images", "rule_drift"),
        ({"gaps": {"description": "not_from_source"}}, "description", "not_from_source"),
    ],
)
def test_null_field_tells_why(changes: dict[str, Any], field: str, reason: str) -> None:
    assert missing_reasons(product(1, **changes))[field] == reason


def test_field_that_is_there_is_not_missing() -> None:
    assert not {"title", "price"} & missing_reasons(product(1, price=Decimal(1))).keys()
    gaps = {"images": "rule_drift", "price": "rule_drift"}
    assert not gaps.keys() & missing_reasons(product(1, price=Decimal(1), images=["x"], gaps=gaps)).keys()


async def test_figures_of_a_user(client: httpx.AsyncClient, world: World) -> None:
    assert Stats.model_validate(STATS_EXAMPLE).model_dump(mode="json") == STATS_EXAMPLE
    for hours in (0, 1, 30, 24 * 6, 24 * 9):
        world.jobs.put(job(created_at=NOW - timedelta(hours=hours), success_count=3, error_count=1))
    world.jobs.put(job(user_id="bob", status=JobStatus.FAILED))
    stocked(world, product(1, favorite=True), product(2, analysis={"is_profitable": True}), product(3, user="bob"))
    found = Stats.model_validate_json((await client.get("/v1/stats", headers=bearer())).content)
    assert (found.jobs[JobStatus.PROCESSING], found.jobs[JobStatus.FAILED], found.success_rate) == (5, 0, 75.0)
    assert (found.products.total, found.products.favorite, found.products.profitable) == (2, 1, 1)
    assert [span.jobs for span in found.hours] == [0] * 22 + [1, 1]
    assert [span.jobs for span in found.days] == [1, 0, 0, 0, 0, 1, 2]
    assert sum(span.succeeded for span in found.days) == 12
    stocked(world)
    assert (await client.get("/v1/stats", headers=bearer())).json()["products"]["total"] == 2
