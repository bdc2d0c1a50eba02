"""What all peers do with an item: store its product, count it, and tell when the last one is counted.

The environment names the servers (AMQP_URL, MONGO_URL, REDIS_URL), the product to store (DOCUMENT, a BSON file) and
whether to store it (STORE, 0 or 1).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import bson
import redis
import redis.asyncio
from pymongo import AsyncMongoClient, MongoClient

AMQP_URL = os.environ["AMQP_URL"]
REDIS_URL = os.environ["REDIS_URL"]
STORE = os.environ["STORE"] == "1"
LONGEST_SECONDS = 240


@cache
def product() -> dict[str, Any]:
    return dict(bson.decode(Path(os.environ["DOCUMENT"]).read_bytes()))


@cache
def _products() -> Any:
    return MongoClient(os.environ["MONGO_URL"])["peers"]["products"]


@cache
def counters() -> Any:
    return redis.Redis.from_url(REDIS_URL, socket_timeout=LONGEST_SECONDS + 10)


@cache
def _async_products() -> Any:
    return AsyncMongoClient(os.environ["MONGO_URL"])["peers"]["products"]


@cache
def _async_counters() -> Any:
    return redis.asyncio.Redis.from_url(REDIS_URL)


def _document(job: str, seq: int) -> dict[str, Any]:
    return {**product(), "_id": f"{job}:{seq}", "asin": f"B{seq:09d}"}


def store(job: str, seq: int) -> None:
    """As a message may come twice, the product replaces what is there."""
    if STORE:
        document = _document(job, seq)
        _products().replace_one({"_id": document["_id"]}, document, upsert=True)


async def store_async(job: str, seq: int) -> None:
    if STORE:
        document = _document(job, seq)
        await _async_products().replace_one({"_id": document["_id"]}, document, upsert=True)


def count(job: str, total: int) -> None:
    if counters().incr(f"count:{job}") == total:
        tell(job)


async def count_async(job: str, total: int) -> None:
    if await _async_counters().incr(f"count:{job}") == total:
        await _async_counters().lpush(f"done:{job}", 1)


def tell(job: str) -> None:
    counters().lpush(f"done:{job}", 1)


def submit(send: Callable[[str, int], None]) -> None:
    """Read jobs from standard input, a line with name and number of items each; print the seconds each took.

    The time runs from the first message until the last item is counted.
    """
    print("ready", flush=True)
    for line in sys.stdin:
        job, total = line.split()
        started = time.perf_counter()
        send(job, int(total))
        if counters().blpop(f"done:{job}", timeout=LONGEST_SECONDS) is None:
            sys.exit(f"{job}: not done after {LONGEST_SECONDS} s")
        print(time.perf_counter() - started, flush=True)
