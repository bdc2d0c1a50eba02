"""Repricings in memory and in the database are begun once, noted once, and kept to their user."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from services.api.life_repository import MongoLifeStore
from services.api.product_repository import MongoProductStore
from services.api.repository import ensure_indexes
from services.api.reprice_repository import MongoRepricingStore
from services.api.repricing import NewAnalysis, new_document
from services.api.requests import RepriceRequest
from services.api.stores import ProductStore
from shared.mongo import connect
from shared.profit import AnalysisSettings, ProductFacts, analyze, load_tables
from tests.unit.api.builders import HOME, NOW, RATE, asin, new_job, product
from tests.unit.api.fake_repricings import FakeRepricingStore
from tests.unit.api.fakes import FakeJobStore, FakeProductStore

ANALYSIS = analyze(ProductFacts(price=Decimal(3000)), AnalysisSettings(), load_tables(None), {"JPY": RATE})


@dataclass
class Stores:
    repricings: MongoRepricingStore | FakeRepricingStore
    jobs: MongoLifeStore | FakeJobStore
    products: ProductStore


@pytest.fixture(params=["memory", "mongodb"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    stored = [product(1), product(2), product(1, user="bob")]
    if request.param == "memory":
        fake = FakeRepricingStore()
        yield Stores(fake, fake.jobs, FakeProductStore(stored))
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await ensure_indexes(database)
        await database["products"].insert_many(stored)
        yield Stores(MongoRepricingStore(database), MongoLifeStore(database), MongoProductStore(database))


def asked_for(job_id: str, repricing_id: str, **asked: Any) -> dict[str, Any]:
    return new_document(job_id, repricing_id, "ann", RepriceRequest.model_validate(asked), {"JPY": RATE}, 3)


async def test_one_repricing_of_a_job_runs_at_a_time(stores: Stores) -> None:
    store = stores.repricings
    first = await store.begin(asked_for("a", "one", target_margin=15, rates={"JPY": 10.5}))
    assert (first["id"], (await store.begin(asked_for("a", "two")))["id"]) == ("one", "one")
    assert await store.find("bob", "a") is None
    [task] = await store.find_running()
    assert (task.id, task.asked.target_margin, task.asked.rates, task.rates) == (
        "one",
        15,
        {"JPY": 10.5},
        {"JPY": RATE},
    )
    assert "japan_shipping_jpy" not in task.asked.model_fields_set
    assert await store.advance(task, after=2, repriced=3, left_out=0, done=True)
    done = await store.find("ann", "a")
    assert done is not None
    assert (done["state"], done["repriced"], done["completed_at"] is not None) == ("done", 3, True)
    again = await store.begin(asked_for("a", "two"))
    assert (again["id"], again["after"], again["repriced"], again["completed_at"]) == ("two", -1, 0, None)


async def test_block_is_noted_once(stores: Stores) -> None:
    store = stores.repricings
    await store.begin(asked_for("a", "one"))
    [task] = await store.find_running()
    assert await store.advance(task, after=1, repriced=2, left_out=1, done=False)
    assert not await store.advance(task, after=1, repriced=2, left_out=1, done=False)
    [further] = await store.find_running()
    assert further == replace(task, after=1)
    await store.fail(further)
    assert await store.find_running() == []
    found = await store.find("ann", "a")
    assert found is not None
    assert (found["state"], found["repriced"], found["left_out"]) == ("failed", 2, 1)
    await store.forget(further)
    assert await store.find("ann", "a") is None


async def test_settings_of_the_job_change_once(stores: Stores) -> None:
    job = new_job()
    await stores.jobs.insert_job(job)
    await stores.repricings.begin(asked_for(job.id, "one"))
    [task] = await stores.repricings.find_running()
    for _ in range(2):
        await stores.repricings.set_settings(task, {"target_margin": 15.0, "packaging_krw": 500})
    found = await stores.jobs.find_job("ann", job.id)
    assert found is not None
    assert (found.settings["target_margin"], found.settings["packaging_krw"], found.rev) == (15.0, 500, 1)
    assert found.settings["max_age_seconds"] == job.settings["max_age_seconds"]


async def test_analyses_are_stored_for_the_products_they_were_made_of(stores: Stores) -> None:
    collected = {number: product(number)["collected_at"] for number in (1, 2)}
    mine = f"ann:{HOME}:{asin(1)}"
    written = await stores.products.set_analyses(
        "ann",
        [
            NewAnalysis(mine, collected[1], ANALYSIS),
            NewAnalysis(f"ann:{HOME}:{asin(2)}", NOW, ANALYSIS),
            NewAnalysis(f"bob:{HOME}:{asin(1)}", collected[1], ANALYSIS),
        ],
    )
    found = await stores.products.find_by_ids("ann", [mine, f"ann:{HOME}:{asin(2)}"], ("analysis", "collected_at"))
    assert written == 1
    assert [bool(found[key].get("analysis")) for key in sorted(found)] == [True, False]
    assert found[mine]["analysis"] == ANALYSIS.as_document()
    theirs = await stores.products.find_product("bob", HOME, asin(1))
    assert theirs is not None
    assert not theirs.get("analysis")
