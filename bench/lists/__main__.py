"""`python -m bench.lists`: prints how long pages of 100,000 products take in every order under every filter, and what a
job of as many items takes to list, to sum up and to reprice.

Exits 1 when a page took longer than a second.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from itertools import product
from typing import Any

import httpx
import psutil

from bench.dashboard.store import USER, fill
from bench.lists.store import names, store_products
from bench.servers import Servers, servers
from deploy.local.access import secret_of
from services.api.cursors import encode
from services.api.product_repository import MongoProductStore
from services.api.products import ProductSort, encode_position, position
from shared.auth import SCOPES, issue_token
from shared.mongo import Database, connect

MOST_SECONDS = 1.0
JOB = "f" * 32
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "favorite": {"favorite": True},
    "not favorite": {"favorite": False},
    "profitable": {"profitable": True},
    "not profitable": {"profitable": False},
    "changed": {"changed": True},
    "never changed": {"changed": False},
    "category": {"category": "toys"},
    "margin of 10 to 20": {"min_margin": 10, "max_margin": 20},
    "margin above all": {"min_margin": 5_000},
    "price to 700": {"max_price": 700},
    "fallen by 40": {"max_change": -40},
    "of a job": {"job_id": JOB},
    "of a small job": {"job_id": f"{7:032x}"},
    "of no job": {"job_id": "none"},
    "out of stock": {"availability": "out_of_stock"},
    "marketplace": {"marketplace": "amazon.co.jp"},
    "another marketplace": {"marketplace": "amazon.de"},
    "one ASIN": {"asin": "B000077777"},
    "a common word": {"q": "kettle"},
    "a word of none": {"q": "zeppelin"},
    "two words": {"q": "rare 8888"},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=_names, default=[str(sort) for sort in ProductSort], help="title,-price,…")
    parser.add_argument("--filters", type=_names, default=list(FILTERS), help=f"of: {','.join(FILTERS)}")
    parser.add_argument("--no-job", action="store_true", help="leave out what is asked of the job")
    asked = parser.parse_args()
    with servers(fsync=False, api=True) as running:
        return asyncio.run(measure(running, asked))


def _names(text: str) -> list[str]:
    return text.split(",")


async def measure(running: Servers, asked: argparse.Namespace) -> int:
    token = issue_token(secret_of(running.folder), USER, SCOPES)
    url, headers = running.endpoints["API_URL"], {"Authorization": f"Bearer {token}"}
    async with (
        connect(running.endpoints["MONGO_URL"], "asinflow", app="bench") as database,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=300) as api,
    ):
        await fill(database, items=asked.products, running=0)
        await store_products(database, asked.products, JOB)
        await store_products(database, asked.products // 5, JOB, user="another")
        slowest = await lists(api, database, asked)
        print(f"figures of all products    {await timed(api, '/v1/stats', {}):6.2f} s")
        await exported(api, psutil.Process(running.pids["api"]), "/v1/products")
        if not asked.no_job:
            slowest = max(slowest, await of_job(api, asked.products))
            await exported(api, psutil.Process(running.pids["api"]), f"/v1/jobs/{JOB}/results")
            await priced(api)
    return int(slowest > MOST_SECONDS)


async def lists(api: httpx.AsyncClient, database: Database, asked: argparse.Namespace) -> float:
    """The slowest page; prints the median and the slowest of each filter, over all orders and places."""
    places = list((await MongoProductStore(database).find_by_ids(USER, list(names(asked.products)))).values())
    print(f"pages of 50 of {asked.products:,} products, in {len(asked.orders)} orders, from {1 + len(places)} places")
    slowest = 0.0
    for name in asked.filters:
        found: list[tuple[float, str]] = []
        for sort, place in product(map(ProductSort, asked.orders), (None, *places)):
            cursor = {} if place is None else {"cursor": encode_position(sort, position(sort, place))}
            seconds = await timed(api, "/v1/products", {"sort": str(sort), **FILTERS[name], **cursor})
            found.append((seconds, f"{sort}{'' if place is None else ', from within'}"))
        (most, at), middle = max(found), statistics.median(seconds for seconds, _ in found)
        print(f"  {name:20} median {middle * 1000:6.0f} ms, slowest {most * 1000:6.0f} ms ({at})", flush=True)
        slowest = max(slowest, most)
    return slowest


async def of_job(api: httpx.AsyncClient, items: int) -> float:
    slowest, cursors = 0.0, ({}, {"cursor": encode(items // 2)}, {"cursor": encode(items - 50)})
    print(f"pages of 100 of a job of {items:,} items")
    for name in ("items", "items?status=succeeded", "items?status=failed", "errors", "results"):
        path, _, status = name.partition("?")
        filters = {"status": status.partition("=")[2]} if status else {}
        found = [await timed(api, f"/v1/jobs/{JOB}/{path}", {**filters, **cursor}) for cursor in cursors]
        print(f"  {name:24} slowest {max(found) * 1000:6.0f} ms", flush=True)
        slowest = max(slowest, *found)
    return slowest


async def priced(api: httpx.AsyncClient) -> None:
    path, asked = f"/v1/jobs/{JOB}", {"target_margin": 20, "rates": {"JPY": 9.9}}
    print(f"audit                      {await timed(api, f'{path}/audit', {}):6.2f} s")
    print(f"profit summary             {await timed(api, f'{path}/profit', {}):6.2f} s")
    started = time.monotonic()
    (await api.post(f"{path}/reprice", params={"dry_run": True}, json=asked)).raise_for_status()
    print(f"repricing, dry run         {time.monotonic() - started:6.2f} s")
    started = time.monotonic()
    (await api.post(f"{path}/reprice", json=asked)).raise_for_status()
    while (await api.get(f"{path}/reprice")).json()["state"] == "running":  # noqa: ASYNC110  another process does it
        await asyncio.sleep(0.2)
    print(f"repricing, stored          {time.monotonic() - started:6.2f} s")
    print(f"profit summary after that  {await timed(api, f'{path}/profit', {}):6.2f} s")


async def exported(api: httpx.AsyncClient, process: psutil.Process, path: str) -> None:
    """Prints how long a whole list takes as a file, and by how much the API grows meanwhile."""
    started, size = time.monotonic(), 0
    before = highest = process.memory_info().rss
    async with api.stream("GET", path, params={"format": "csv"}) as response:
        async for piece in response.aiter_bytes():
            size += len(piece)
            highest = max(highest, process.memory_info().rss)
    took = time.monotonic() - started
    print(f"{path}?format=csv: {size / 1e6:.0f} MB in {took:.1f} s, API {(highest - before) / 1e6:+.0f} MB", flush=True)


async def timed(api: httpx.AsyncClient, path: str, params: dict[str, Any]) -> float:
    started = time.monotonic()
    (await api.get(path, params=params)).raise_for_status()
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
