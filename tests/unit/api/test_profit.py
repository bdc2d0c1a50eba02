"""Questions about profit over HTTP; the figures themselves are proven where they are worked out."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.rates import ExchangeRates, RateSettings
from tests.unit.api.builders import HOME, NOW, asin, bearer, product
from tests.unit.api.conftest import World
from tests.unit.api.test_http import problem
from tests.unit.test_rates import MemoryRateStore

# The worked example of docs/profit.md: 3,000 JPY, 750 g, a rate of 9.3.
TOY: dict[str, Any] = {
    "price": 3000,
    "weight_g": 750,
    "category": "toys_hobbies",
    "target_margin": 15,
    "japan_shipping_jpy": 500,
    "korea_shipping_krw": 3000,
    "packaging_krw": 500,
}
CALCULATE, RECOMMEND = "/v1/profit/calculate", "/v1/profit/recommend-price"
ANALYZE = f"/v1/products/{HOME}/{asin(1)}/analyze"
NOWHERE = {"marketplace": "amazon.xx", "asin": asin(1)}


async def asked(client: httpx.AsyncClient, path: str, body: Any, **headers: str) -> httpx.Response:
    return await client.post(path, json=body, headers={**bearer(), **headers})


async def test_resale_of_a_described_product_is_worked_out(client: httpx.AsyncClient) -> None:
    found = (await asked(client, CALCULATE, TOY)).json()
    assert (found["cost_krw"], found["recommended_price_krw"], found["margin_percent"]) == (45350, 61200, 15.09)
    assert (found["rate"]["value"], found["rate"]["source"], found["duty"]["exempt"]) == (9.3, "frankfurter", True)


async def test_given_price_is_judged(client: httpx.AsyncClient) -> None:
    found = (await asked(client, CALCULATE, {**TOY, "selling_price_krw": 50000})).json()
    assert (found["is_profitable"], found["at_selling"]["reaches_target"]) == (False, False)
    assert "margin_below_target" in [reason["code"] for reason in found["reasons"]]


async def test_price_to_ask_is_recommended(client: httpx.AsyncClient) -> None:
    found = (await asked(client, RECOMMEND, TOY)).json()
    assert (found["recommended_price_krw"], found["profit_krw"], found["platform_fee_krw"]) == (61200, 9240, 6610)


@pytest.mark.parametrize("path", [CALCULATE, RECOMMEND])
async def test_impossible_margin_names_the_largest_possible(client: httpx.AsyncClient, path: str) -> None:
    refused = problem(await asked(client, path, {**TOY, "target_margin": 95}), 422, "impossible_margin")
    assert refused.largest_margin == 89.19
    assert "89.19" in refused.detail
    assert refused.errors[0].field == "target_margin"


@pytest.mark.parametrize("path", [CALCULATE, RECOMMEND])
async def test_unknown_category_names_its_field(client: httpx.AsyncClient, path: str) -> None:
    refused = problem(await asked(client, path, {**TOY, "category": "dragons"}), 422, "unknown_category")
    assert (refused.errors[0].field, refused.largest_margin) == ("category", None)


async def test_price_without_rate_cannot_be_recommended(client: httpx.AsyncClient) -> None:
    problem(await asked(client, RECOMMEND, {**TOY, "currency": "USD"}), 422, "currency_not_supported")
    assert (await asked(client, RECOMMEND, {**TOY, "currency": "USD", "rate": 1400})).status_code == 200


@pytest.mark.parametrize("body", [{}, {**TOY, "price": -1}, {**TOY, "surprise": 1}, [], "x", {**TOY, "price": "NaN"}])
async def test_unusable_question_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    problem(await asked(client, CALCULATE, body), 422, "invalid_request")


async def test_body_that_is_no_text_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**bearer(), "Content-Type": "application/json"}
    problem(await client.post(CALCULATE, content=b"\xff\xfe", headers=headers), 422, "invalid_request")


async def test_question_takes_a_small_body_only(client: httpx.AsyncClient) -> None:
    problem(await asked(client, CALCULATE, {**TOY, "title": "x" * 70_000}), 413, "body_too_large")


def collected(**changes: Any) -> dict[str, Any]:
    plain = {"price": Decimal(3000), "weight_g": Decimal(750), "categories": ["おもちゃ"], "analysis": None}
    return product(1, **{**plain, **changes})


@pytest.fixture
def known(world: World) -> World:
    stored = collected()
    world.products.products = {stored["_id"]: stored}
    return world


async def test_analysis_of_a_product_is_stored_with_it(client: httpx.AsyncClient, known: World) -> None:
    wanted = {
        name: TOY[name] for name in ("target_margin", "japan_shipping_jpy", "korea_shipping_krw", "packaging_krw")
    }
    found = (await asked(client, ANALYZE, wanted)).json()
    shown = (await client.get(f"/v1/products/{HOME}/{asin(1)}", headers=bearer())).json()
    assert (found["recommended_price_krw"], found["category"]) == (61200, "toys_hobbies")
    assert shown["analysis"] == found


async def test_what_is_not_asked_anew_stays_as_it_was(client: httpx.AsyncClient, known: World) -> None:
    await asked(client, ANALYZE, {"target_margin": 20, "category": "books", "selling_price_krw": 50000})
    again = (await asked(client, ANALYZE, {"shipping_tier": "premium"})).json()
    assert (again["target_margin"], again["category"], again["selling_price_krw"]) == (20, "books", 50000)
    assert again["shipping_tier"] == "premium"


async def test_price_and_category_outlive_a_collection(client: httpx.AsyncClient, known: World) -> None:
    await asked(client, ANALYZE, {"category": "books", "selling_price_krw": 50000})
    stored = known.products.products[collected()["_id"]]
    known.products.products[stored["_id"]] = {**stored, "analysis": None}
    listed = (await client.get("/v1/products", params={"priced": True}, headers=bearer())).json()["items"]
    again = (await asked(client, ANALYZE, {})).json()
    assert [each["asin"] for each in listed] == [asin(1)]
    assert (again["category"], again["selling_price_krw"]) == ("books", 50000)


async def test_many_products_are_given_prices(client: httpx.AsyncClient, known: World) -> None:
    path = "/v1/products/selling-prices"
    named = {"marketplace": HOME, "asin": asin(1)}
    theirs = product(2, user="bob")
    known.products.products[theirs["_id"]] = theirs
    await asked(client, ANALYZE, {"category": "books", "target_margin": 20})
    prices = [{**named, "selling_price_krw": 1}, {**named, "asin": asin(2), "selling_price_krw": 2}]
    found = (await asked(client, path, {"prices": [*prices, {**named, "selling_price_krw": 90_000}]})).json()["items"]
    assert [
        (each["asin"], each["figures"]["selling_price_krw"], each["figures"]["is_profitable"]) for each in found
    ] == [(asin(1), 90_000, True)]
    stored = known.products.products[collected()["_id"]]
    assert stored["resale"] == {"selling_price_krw": 90_000, "category": "books"}
    assert stored["analysis"]["target_margin"] == 20
    assert "resale" not in known.products.products[theirs["_id"]]
    await asked(client, path, {"prices": [{**named, "selling_price_krw": None}]})
    stored = known.products.products[collected()["_id"]]
    assert (stored["resale"], stored["analysis"]["selling_price_krw"]) == ({"category": "books"}, None)


async def test_prices_are_given_while_a_refresh_of_the_rates_is_due(world: World) -> None:
    nowhere = RateSettings(frankfurter_url="", open_er_api_url="")
    async with httpx.AsyncClient() as web, ExchangeRates(web, MemoryRateStore(), nowhere, world.clock) as rates:
        await rates.refresh()
        world.rates = rates.current
        world.clock.elapsed += 7_200
        stored = collected()
        world.products.products = {stored["_id"]: stored}
        prices = [{"marketplace": HOME, "asin": asin(1), "selling_price_krw": 90_000}]
        async with world.client() as client:
            given = await asked(client, "/v1/products/selling-prices", {"prices": prices})
    assert (given.status_code, len(given.json()["items"])) == (200, 1)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("selling-prices", {"prices": [{**NOWHERE, "selling_price_krw": 1}]}, "prices.0.marketplace"),
        ("reprice-preview", {"products": [NOWHERE]}, "products.0.marketplace"),
    ],
)
async def test_product_of_no_marketplace_is_refused(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    found = problem(await asked(client, f"/v1/products/{path}", body), 422, "invalid_request")
    assert [error.field for error in found.errors] == [field]


async def test_marketplace_may_be_named_in_any_case(client: httpx.AsyncClient, known: World) -> None:
    prices = [{"marketplace": HOME.upper(), "asin": asin(1), "selling_price_krw": 5_000}]
    assert len((await asked(client, "/v1/products/selling-prices", {"prices": prices})).json()["items"]) == 1


async def test_null_takes_the_default(client: httpx.AsyncClient, known: World) -> None:
    await asked(client, ANALYZE, {"target_margin": 20, "category": "books", "selling_price_krw": 50000})
    again = (await asked(client, ANALYZE, dict.fromkeys(("target_margin", "category", "selling_price_krw")))).json()
    assert (again["target_margin"], again["category"], again["selling_price_krw"]) == (10, "toys_hobbies", None)


async def test_analysis_needs_no_body(client: httpx.AsyncClient, known: World) -> None:
    response = await client.post(ANALYZE, headers=bearer())
    assert (response.status_code, response.json()["target_margin"]) == (200, 10)


async def test_product_of_another_user_is_not_analysed(client: httpx.AsyncClient, known: World) -> None:
    problem(await client.post(ANALYZE, headers=bearer("bob")), 404, "product_not_found")
    problem(await client.post(ANALYZE, headers=bearer("ann", "products:read")), 403, "insufficient_scope")


async def test_product_without_price_is_told_why(client: httpx.AsyncClient, world: World) -> None:
    stored = collected(price=None)
    world.products.products = {stored["_id"]: stored}
    found = (await client.post(ANALYZE, headers=bearer())).json()
    assert (found["status"], found["reasons"][0]["code"]) == ("incomplete", "price_missing")


async def test_analysis_is_of_the_latest_page(
    client: httpx.AsyncClient, known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product is collected anew between being read and its analysis being stored."""
    store, plain = known.products, known.products.set_analysis
    newer = collected(price=Decimal(9000), collected_at=NOW + timedelta(hours=1))

    async def overtaken(*arguments: Any) -> bool:
        monkeypatch.setattr(store, "set_analysis", plain)
        store.products[newer["_id"]] = newer
        return await plain(*arguments)

    monkeypatch.setattr(store, "set_analysis", overtaken)
    assert (await client.post(ANALYZE, headers=bearer())).json()["price"] == 9000
    assert store.products[newer["_id"]]["analysis"]["price"] == 9000


async def test_product_collected_without_end_is_busy(
    client: httpx.AsyncClient, known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> bool:
        return False

    monkeypatch.setattr(known.products, "set_analysis", never)
    assert problem(await client.post(ANALYZE, headers=bearer()), 409, "product_busy").retryable
