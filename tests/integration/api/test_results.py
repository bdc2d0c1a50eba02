"""Lists of a job of 100,000 items, out of a real database."""

import psutil
import pyarrow.parquet  # noqa: F401  what it takes itself is no part of what a file takes
import pytest

from shared.mongo import Database
from tests.integration.api.conftest import Running
from tests.integration.api.stored import store_job, store_products
from tests.unit.api.builders import asin

ITEMS = 100_000
PRODUCTS = 10_000
MOST_BYTES = 40_000_000


@pytest.fixture
async def job(api: Running, database: Database) -> str:
    """The path of a job of 100,000 items that is COMPLETED; the first 10,000 products are there."""
    job_id = (await api.client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": [asin(1)]})).json()["id"]
    await store_job(database, job_id, ITEMS)
    await store_products(database, PRODUCTS, features=["x" * 500], job_id=job_id)
    return f"/v1/jobs/{job_id}"


async def size(running: Running, path: str) -> tuple[int, int]:
    """How many lines an answer has, and by how many bytes this process, which serves it, grew meanwhile."""
    process, lines, highest = psutil.Process(), 0, 0
    before = process.memory_info().rss
    async with running.client.stream("GET", path) as response:
        assert response.status_code == 200
        async for piece in response.aiter_bytes():
            lines += piece.count(b"\n")
            highest = max(highest, process.memory_info().rss)
    return lines, highest - before


async def test_large_job_is_exported_in_constant_memory_and_its_books_balance(api: Running, job: str) -> None:
    audit = (await api.client.get(f"{job}/audit")).json()
    errors = (await api.client.get(f"{job}/errors?limit=1")).json()
    assert (audit["balanced"], audit["derived"]["succeeded"], audit["derived"]["failed"]) == (True, 90_000, 10_000)
    assert audit["derived"] == audit["recorded"]
    assert [(group["code"], group["count"]) for group in errors["groups"]] == [("not_found", 10_000)]
    items, items_grew = await size(api, f"{job}/items?format=csv")
    results, results_grew = await size(api, f"{job}/results?format=ndjson")
    _, parquet_grew = await size(api, f"{job}/items?format=parquet&status=failed")
    assert (items, results) == (1 + ITEMS, PRODUCTS - PRODUCTS // 10)
    assert max(items_grew, results_grew, parquet_grew) < MOST_BYTES
