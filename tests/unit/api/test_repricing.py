"""Prices worked out anew: previewed without a trace, applied once and whole, gone on with after a crash."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.jobs import JobStatus
from tests.unit.api.builders import HOME, asin, bearer, job, outcome, product
from tests.unit.api.conftest import World
from tests.unit.api.test_job_profit import analysis

COUNT = 7


@pytest.fixture
def path(world: World) -> str:
    """That of an ended job of seven analysed products."""
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(COUNT)]
    world.items.finish(*(outcome(seq) for seq in range(COUNT)))
    for number in range(COUNT):
        stored = product(number, price=Decimal(1000 + number), weight_g=750, analysis=analysis(1000 + number))
        world.products.products[stored["_id"]] = stored
    done = job(status=JobStatus.COMPLETED, total_items=COUNT, fed=COUNT, progress=COUNT, success_count=COUNT)
    return f"/v1/jobs/{world.jobs.put(done).id}"


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any], **params: Any) -> httpx.Response:
    return await client.post(path, json=body, params=params, headers=bearer())


def analyses(world: World) -> list[dict[str, Any]]:
    return [stored["analysis"] for stored in world.products.products.values()]


async def test_preview_says_what_applying_then_does(client: httpx.AsyncClient, world: World, path: str) -> None:
    asked = {"rates": {"JPY": 10.5}, "target_margin": 20, "japan_shipping_jpy": 300}
    stored = analyses(world)
    profit = (await client.get(path + "/profit", headers=bearer())).json()
    preview = (await post(client, path + "/reprice", asked, dry_run=True)).json()
    assert analyses(world) == stored
    assert world.repricings.repricings == {}
    assert preview["before"] == profit
    begun = await post(client, path + "/reprice", asked)
    assert (begun.status_code, begun.headers["Location"]) == (202, path + "/reprice")
    assert await world.repricer().once()
    assert (await client.get(path + "/profit", headers=bearer())).json() == preview["after"]
    shown = (await client.get(path + "/reprice", headers=bearer())).json()
    assert (shown["state"], shown["repriced"], shown["left_out"], shown["total"]) == ("done", COUNT, 0, COUNT)


async def test_rate_is_stored_with_its_source(client: httpx.AsyncClient, world: World, path: str) -> None:
    await post(client, path + "/reprice", {"rates": {"JPY": 10.12345678}})
    await world.repricer().once()
    assert {(a["rate"]["value"], a["rate"]["source"], a["rate"]["as_of"]) for a in analyses(world)} == {
        (10.12345678, "request", None)
    }
    await post(client, path + "/reprice", {"target_margin": 12})
    await world.repricer().once()
    assert {(a["rate"]["value"], a["rate"]["source"]) for a in analyses(world)} == {(9.3, "frankfurter")}


async def test_rate_of_the_request_holds_to_the_end(client: httpx.AsyncClient, world: World, path: str) -> None:
    await post(client, path + "/reprice", {"target_margin": 12})
    repricer = world.repricer(block=3)
    await repricer.once()
    world.rate = world.rate.model_copy(update={"value": Decimal(99)})
    while await repricer.once():
        pass
    assert {a["rate"]["value"] for a in analyses(world)} == {9.3}


async def test_what_is_not_asked_for_stays(client: httpx.AsyncClient, world: World, path: str) -> None:
    first = world.products.products[f"ann:{HOME}:{asin(0)}"]
    first["analysis"] = analysis(1000, selling=77_700, category="books")
    world.products.products[f"ann:{HOME}:{asin(1)}"]["analysis"] = None
    await post(client, path + "/reprice", {"korea_shipping_krw": 3000})
    await world.repricer().once()
    again = analyses(world)
    assert (again[0]["selling_price_krw"], again[0]["category"], again[0]["target_margin"]) == (77_700, "books", 10)
    assert {a["korea_shipping_krw"] for a in again} == {3000}


async def test_job_has_the_settings_from_then_on(client: httpx.AsyncClient, world: World, path: str) -> None:
    await post(client, path + "/reprice", {"target_margin": 22.5})
    await world.repricer(block=2).once()
    shown = (await client.get(path, headers=bearer())).json()
    assert shown["settings"]["target_margin"] == 22.5


async def test_crash_between_writing_and_noting_is_made_good(
    client: httpx.AsyncClient, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(client, path + "/reprice", {"target_margin": 15})
    dying = world.repricer(block=3)

    async def die(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.repricings, "advance", die)
        with pytest.raises(KeyboardInterrupt):
            await dying.once()
    another = world.repricer(block=3)
    while await another.once():
        pass
    shown = (await client.get(path + "/reprice", headers=bearer())).json()
    assert (shown["state"], shown["repriced"]) == ("done", COUNT)
    assert {a["target_margin"] for a in analyses(world)} == {15}


async def test_product_that_is_being_collected_is_left_out(
    client: httpx.AsyncClient, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(client, path + "/reprice", {"target_margin": 15})
    store, busy = world.products, f"ann:{HOME}:{asin(2)}"
    original = store.set_analyses

    async def collected_meanwhile(user_id: str, new: Any) -> int:
        known = store.products[busy]
        store.products[busy] = {**known, "collected_at": known["collected_at"].replace(year=2027)}
        return await original(user_id, [n for n in new if n.product_id != busy])

    monkeypatch.setattr(store, "set_analyses", collected_meanwhile)
    await world.repricer().once()
    shown = (await client.get(path + "/reprice", headers=bearer())).json()
    assert (shown["state"], shown["repriced"], shown["left_out"]) == ("done", COUNT - 1, 1)


async def test_same_request_is_the_same_repricing_another_is_refused(client: httpx.AsyncClient, path: str) -> None:
    first = await post(client, path + "/reprice", {"target_margin": 15})
    again = await post(client, path + "/reprice", {"target_margin": 15})
    other = await post(client, path + "/reprice", {"target_margin": 16})
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert (other.status_code, other.json()["code"], other.json()["retryable"]) == (409, "repricing_under_way", True)


async def test_running_job_is_previewed_but_not_repriced(client: httpx.AsyncClient, world: World, path: str) -> None:
    running = world.jobs.put(job(total_items=COUNT, fed=COUNT))
    refused = await post(client, f"/v1/jobs/{running.id}/reprice", {})
    preview = await post(client, f"/v1/jobs/{running.id}/reprice", {}, dry_run=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_ended")
    assert (preview.status_code, preview.json()["after"]["judged"]) == (200, COUNT)


async def test_repricing_of_a_deleted_job_is_forgotten(client: httpx.AsyncClient, world: World, path: str) -> None:
    await post(client, path + "/reprice", {})
    world.jobs.jobs.clear()
    await world.repricer().once()
    assert world.repricings.repricings == {}


async def test_products_are_previewed_for_a_slider(client: httpx.AsyncClient, world: World, path: str) -> None:
    world.products.products[f"ann:{HOME}:{asin(2)}"]["analysis"] = None
    names = [{"marketplace": HOME, "asin": asin(number)} for number in (2, 1, 99, 1)]
    stored = analyses(world)
    answer = await post(client, "/v1/products/reprice-preview", {"products": names, "target_margin": 30})
    items = answer.json()["items"]
    assert [item["asin"] for item in items] == [asin(2), asin(1)]
    assert items[0]["before"] is None
    assert items[1]["before"]["target_margin"] == 10
    assert items[1]["after"]["recommended_price_krw"] > items[1]["before"]["recommended_price_krw"]
    assert analyses(world) == stored
    other = await client.post("/v1/products/reprice-preview", json={"products": names}, headers=bearer("bob"))
    assert other.json()["items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"rates": {"yen": 9.3}},
        {"rates": {"JPY": 0}},
        {"rates": {"JPY": -1}},
        {"target_margin": 51},
        {"japan_shipping_jpy": -1},
        {"selling_price_krw": 1000},
    ],
)
async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, path: str, asked: dict[str, Any]) -> None:
    assert (await post(client, path + "/reprice", asked)).status_code == 422


@pytest.mark.parametrize("dry_run", [False, True])
async def test_rate_of_an_unknown_currency_is_refused(
    client: httpx.AsyncClient, world: World, path: str, dry_run: bool
) -> None:
    refused = await post(client, path + "/reprice", {"rates": {"ZZZ": 9.3, "USD": 1400}}, dry_run=dry_run)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["code"]) == ("rates.ZZZ", "unknown_currency")
    assert world.repricings.repricings == {}


async def test_repricing_of_another_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path + "/reprice", headers=bearer())).json()["code"] == "repricing_not_found"
    assert (await client.post(path + "/reprice", json={}, headers=bearer("bob"))).status_code == 404
