"""Lists of 100,000 products are taken in as they arrive, by a process of its own whose memory is watched."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable

import httpx
import psutil
import pytest

from services.api.settings import ApiSettings
from shared.mongo import Database
from tests.integration.api.conftest import Running
from tests.unit.api.builders import HOME, SECRET, asin, bearer
from tests.waiting import eventually

LINES = 100_000
PIECE = 1_000
MOST_BYTES = 50_000_000


async def text(count: int = LINES) -> AsyncIterator[bytes]:
    """Every product but the last ones twice, and a few lines of nonsense."""
    yield b"asin,name\n"
    for first in range(0, count, PIECE):
        lines = [f'{asin(number // 2)},"a product, number {number}"' for number in range(first, first + PIECE - 1)]
        yield "\n".join([*lines, "nonsense!,\n"]).encode()


@contextlib.asynccontextmanager
async def process_of(settings: ApiSettings) -> AsyncIterator[tuple[httpx.AsyncClient, psutil.Process]]:
    environment = {
        **os.environ,
        "ASINFLOW_JWT_SECRET": SECRET,
        "ASINFLOW_AMQP_URL": settings.amqp_url.get_secret_value(),
        "ASINFLOW_MONGO_URL": settings.mongo_url.get_secret_value(),
        "ASINFLOW_MONGO_DATABASE": settings.mongo_database,
        "ASINFLOW_HTTP_HOST": "127.0.0.1",
        "ASINFLOW_HTTP_PORT": str(settings.http_port),
        "ASINFLOW_LOG_LEVEL": "ERROR",
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.api", env=environment)
    url = f"http://127.0.0.1:{settings.http_port}"
    try:
        async with httpx.AsyncClient(base_url=url, headers=bearer(), timeout=60) as client:

            async def ready() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await client.get("/readyz")).status_code == 200
                return False

            _: bool = await eventually(ready, deadline=60)
            yield client, psutil.Process(child.pid)
    finally:
        child.terminate()
        await child.wait()


async def test_hundred_thousand_lines_take_little_memory(
    settings: Callable[..., ApiSettings], database: Database
) -> None:
    async with process_of(settings()) as (client, process):
        small = await client.post("/v1/jobs", content=asin(1), headers={"Content-Type": "text/plain"})
        assert small.status_code == 202
        before = highest = process.memory_info().rss

        async def watched() -> AsyncIterator[bytes]:
            nonlocal highest
            async for piece in text():
                yield piece
                highest = max(highest, process.memory_info().rss)

        started = time.monotonic()
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "large"}
        answer = await client.post("/v1/jobs", params={"tags": "big"}, content=watched(), headers=headers)
        took = time.monotonic() - started
        highest = max(highest, process.memory_info().rss)
    print(f"{LINES} lines in {took:.1f} s, {(highest - before) / 1e6:.1f} MB more")
    body = answer.json()
    assert (answer.status_code, body["tags"]) == (202, ["big"])
    assert body["counts"] == {"accepted": LINES // 2, "duplicate": LINES // 2 - 100, "invalid": 100}
    stored = await database["sources"].find({"job_id": body["id"]}).sort("n", 1).to_list(None)
    keys = [key for chunk in stored for key in chunk["keys"]]
    assert keys == [f"{HOME}:{asin(number)}" for number in range(LINES // 2)]
    assert highest - before < MOST_BYTES


@pytest.mark.parametrize("form", [{"file": ("list.csv", f"asin\n{asin(1)}\n{asin(2)}\n")}])
async def test_file_of_a_form_is_taken(api: Running, form: dict[str, tuple[str, str]]) -> None:
    answer = await api.client.post("/v1/jobs?strict=true", files=form)
    assert (answer.status_code, answer.json()["counts"]["accepted"]) == (202, 2)


async def test_field_of_a_form_makes_no_job(api: Running, database: Database) -> None:
    form = {"file": ("list.csv", f"asin\n{asin(1)}\n")}
    refused = await api.client.post("/v1/jobs", files=form, data={"dry_run": "true"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "dry_run")
    assert await database["jobs"].count_documents({}) == 0


async def test_upload_that_breaks_off_leaves_nothing(api: Running, database: Database) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for piece in text(30_000):
            yield piece
        raise ConnectionError("the client goes away")

    with pytest.raises(ConnectionError):
        await api.client.post("/v1/jobs", content=broken(), headers={"Content-Type": "text/csv"})

    async def nothing() -> bool:
        return await database["sources"].count_documents({}) == 0

    _: bool = await eventually(nothing)
    assert await database["jobs"].count_documents({}) == 0
