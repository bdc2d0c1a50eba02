"""What a job would earn: counted whole, added up exactly, the best ones named."""

import tracemalloc
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.profit_tally import ProfitTally
from shared.profit import AnalysisSettings, ProductFacts, analyze, load_tables
from tests.unit.api.builders import HOME, RATE, asin, bearer, job, outcome, product
from tests.unit.api.conftest import World

TABLES = load_tables(None)


def analysis(price: int | None, selling: int | None = None, **facts: Any) -> dict[str, Any]:
    """As a collector stores it."""
    known = ProductFacts(price=None if price is None else Decimal(price), weight_g=Decimal(750), title="玩具", **facts)
    return analyze(known, AnalysisSettings(), TABLES, {"JPY": RATE}, selling).as_document()


def collected(world: World, *analyses: dict[str, Any] | None) -> str:
    """The path of a job whose products have these analyses."""
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(len(analyses))]
    world.items.finish(*(outcome(seq) for seq in range(len(analyses))))
    for number, found in enumerate(analyses):
        stored = product(number, price=1000, analysis=found, images=[f"https://img/{number}"])
        world.products.products[stored["_id"]] = stored
    return f"/v1/jobs/{world.jobs.put(job(total_items=len(analyses), fed=len(analyses))).id}/profit"


async def summary(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    response = await client.get(path, params=params, headers=bearer())
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_every_succeeded_item_is_counted_once(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world, analysis(1000), analysis(1000, selling=100), None, analysis(None), analysis(2000))
    del world.products.products[f"ann:{HOME}:{asin(4)}"]
    found = await summary(client, path)
    assert (found["succeeded"], found["judged"], found["profitable"], found["unprofitable"]) == (5, 2, 1, 1)
    assert (found["priced"], found["priced_profitable"]) == (1, 0)
    assert found["unjudged"] == [
        {"code": "not_analyzed", "count": 1},
        {"code": "price_missing", "count": 1},
        {"code": "product_deleted", "count": 1},
    ]
    assert sum(each["count"] for each in found["margins"]) == sum(each["count"] for each in found["profits"]) == 2


async def test_sums_are_those_of_the_analyses(client: httpx.AsyncClient, world: World) -> None:
    stored = [analysis(1000), analysis(2000, selling=90_000), analysis(3000)]
    found = await summary(client, collected(world, *stored))
    sales = [each["at_selling"] or each["at_recommended"] for each in stored]
    assert found["totals"] == {
        "sales_krw": sum(each["price_krw"] for each in sales),
        "cost_krw": sum(each["cost_krw"] for each in stored),
        "platform_fees_krw": sum(each["platform_fee_krw"] for each in sales),
        "profit_krw": sum(each["profit_krw"] for each in stored),
    }
    margins = sorted(each["margin_percent"] for each in stored)
    assert found["margin_percent"] == {"lowest": margins[0], "median": margins[1], "highest": margins[2]}


async def test_median_between_two_products_is_exact(client: httpx.AsyncClient, world: World) -> None:
    first, second = analysis(1000), analysis(1000)
    first["margin_percent"], second["margin_percent"] = 10.01, 10.02
    found = await summary(client, collected(world, first, second))
    assert found["margin_percent"]["median"] == 10.015


async def test_best_come_first_and_ties_in_the_order_of_the_job(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world, analysis(1000), analysis(5000), analysis(1000, selling=1_000_000), analysis(5000))
    by_profit = await summary(client, path, best=3)
    by_margin = await summary(client, path, best=1, by="margin")
    assert [each["seq"] for each in by_profit["best"]] == [2, 1, 3]
    assert [each["seq"] for each in by_margin["best"]] == [2]
    assert by_profit["best"][0]["image"] == "https://img/2"
    assert by_profit["best"][0]["sale_price_krw"] == 1_000_000
    assert (await summary(client, path, best=0))["best"] == []


async def test_assumptions_are_counted(client: httpx.AsyncClient, world: World) -> None:
    stale = RATE.model_copy(update={"stale": True})
    old = analyze(ProductFacts(price=Decimal(100)), AnalysisSettings(), TABLES, {"JPY": stale}).as_document()
    found = await summary(client, collected(world, old))
    codes = {each["code"] for each in found["assumed"]}
    assert codes == {"weight_assumed", "category_assumed", "rate_stale"}


def test_hundred_thousand_products_take_some_bytes_each() -> None:
    tally, found = ProfitTally(keep_best=10), analysis(1000)
    tracemalloc.start()
    for seq in range(100_000):
        tally.add(seq, f"ann:{HOME}:{seq}", found)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 4_000_000
    assert tally.summary("a-job").totals.profit_krw == 100_000 * found["profit_krw"]


async def test_job_without_products_has_no_figures(client: httpx.AsyncClient, world: World) -> None:
    found = await summary(client, collected(world))
    assert (found["succeeded"], found["margin_percent"], found["profit_krw"], found["margins"]) == (0, None, None, [])


@pytest.mark.parametrize("params", [{"best": 101}, {"best": -1}, {"by": "price"}, {"nonsense": 1}])
async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient, world: World, params: dict[str, Any]) -> None:
    response = await client.get(collected(world), params=params, headers=bearer())
    assert response.status_code == 422


async def test_job_of_another_is_not_found(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.get(collected(world), headers=bearer("bob"))).status_code == 404
