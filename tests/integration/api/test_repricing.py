"""A job is repriced in the background by whichever process is there, and lists show it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from services.api.settings import ApiSettings
from shared.mongo import Database, Decimal128
from tests.integration.api.conftest import serving, until_ready
from tests.integration.api.stored import ANALYSIS, store_job, store_products
from tests.unit.api.builders import asin
from tests.waiting import eventually

COUNT = 3_000
GOOD = COUNT - COUNT // 10
PATIENCE = 60.0


async def done(client: httpx.AsyncClient, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.get(path)).json()
    return found if found["state"] != "running" else None


async def test_repricing_outlives_its_process_and_shows_in_lists(
    settings: Callable[..., ApiSettings], database: Database
) -> None:
    async with serving(settings()) as first:
        await until_ready(first)
        job_id = (await first.client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": [asin(1)]})).json()["id"]
        await store_job(database, job_id, COUNT)
        changed = {"previous_price": Decimal128("5000"), "price_change_percent": -40.0}
        price = Decimal128("3000")
        await store_products(database, COUNT, job_id=job_id, price=price, weight_g=750, analysis=ANALYSIS, **changed)
        asked = {"target_margin": 40, "rates": {"JPY": 11.25}}
        path = f"/v1/jobs/{job_id}/reprice"
        preview = (await first.client.post(path, params={"dry_run": True}, json=asked, timeout=PATIENCE)).json()
        assert (await first.client.post(path, json=asked)).status_code == 202
    async with serving(settings()) as second:
        await until_ready(second)
        found = await eventually(lambda: done(second.client, path), PATIENCE)
        assert (found["state"], found["repriced"], found["left_out"]) == ("done", GOOD, 0)
        profit = (await second.client.get(f"/v1/jobs/{job_id}/profit", timeout=PATIENCE)).json()
        best = (await second.client.get("/v1/products?sort=-margin&limit=1&min_margin=40")).json()["items"][0]
        old = (await second.client.get("/v1/products?max_margin=39&limit=200")).json()["items"]
        job = (await second.client.get(f"/v1/jobs/{job_id}")).json()
    assert profit == preview["after"]
    assert profit["judged"] == GOOD
    assert (best["analysis"]["rate"]["value"], best["analysis"]["rate"]["source"]) == (11.25, "request")
    assert (best["price"], best["previous_price"]) == (Decimal(3000), Decimal(5000))
    # Items that failed have brought no product: those that are there are others', and stay as they were.
    assert {int(product["asin"][1:]) % 10 for product in old} == {0}
    assert job["settings"]["target_margin"] == 40
    assert await database["price_history"].count_documents({}) == 0
