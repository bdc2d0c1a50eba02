"""What no pipeline can undercut: the same messages published and consumed, the same documents written, nothing else.

Publishing keeps as many confirms outstanding as the product does, consuming acknowledges a thousand messages at once,
and every collection gets one bulk insert per hundred items.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import aiormq
from bson import Decimal128
from pymongo import MongoClient

from bench.pipeline.contest import Entrant, Run, with_servers
from bench.pipeline.noop import PRODUCT
from bench.programs import program, said, tell
from bench.servers import Servers
from services.collector.products import page_document
from shared.amazon.identifiers import Item
from shared.broker import Outgoing, event
from shared.ids import outcome_id, product_key, user_product_key
from shared.items import collect_command, finished
from shared.jobs import ItemStatus
from shared.mongo import Document

MARKETPLACE = "amazon.co.jp"
WORK, FACTS = "limit.work", "limit.facts"
TOGETHER = 500
WRITE_ITEMS = 100
PREFETCH = 1000


def limit() -> Entrant:
    return Entrant("raw publish + consume + write", "nothing", stores=True, enter=_entered)


@contextlib.contextmanager
def _entered(servers: Servers) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    environment = {name: servers.endpoints[name] for name in ("AMQP_URL", "MONGO_URL")}
    log = servers.log("limit")
    command = [sys.executable, "-m", "bench.pipeline.limit"]
    with (
        program([*command, "work"], environment, log, talks=True) as worker,
        program([*command, "submit"], environment, log, talks=True) as submitter,
    ):
        said(worker, log)
        said(submitter, log)

        def run(job: str, items: int) -> float:
            started = time.perf_counter()
            tell(worker, f"{job} {items}")
            tell(submitter, f"{job} {items}")
            said(submitter, log)
            said(worker, log)
            return time.perf_counter() - started

        with with_servers(servers, run, worker=[worker.pid], submitter=[submitter.pid]) as entered:
            yield entered


async def _submit() -> None:
    connection = await aiormq.connect(os.environ["AMQP_URL"])
    channel = await connection.channel(publisher_confirms=True)
    await _declare(channel)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        job, items = line.split()
        for first in range(0, int(items), TOGETHER):
            places = range(first, min(int(items), first + TOGETHER))
            messages = [collect_command(job, 1, seq, product_key(MARKETPLACE, _asin(seq))) for seq in places]
            await asyncio.gather(*(_publish(channel, WORK, message) for message in messages))
        print("sent", flush=True)


async def _work() -> None:
    connection = await aiormq.connect(os.environ["AMQP_URL"])
    channel = await connection.channel(publisher_confirms=True)
    await _declare(channel)
    await channel.basic_qos(prefetch_count=PREFETCH)
    tags: asyncio.Queue[int] = asyncio.Queue()

    async def on_message(message: aiormq.abc.DeliveredMessage) -> None:
        tags.put_nowait(message.delivery_tag or 0)

    await channel.basic_consume(WORK, on_message)
    database = MongoClient[Document](os.environ["MONGO_URL"])["limit"]
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        job, items = line.split()
        for first in range(0, int(items), WRITE_ITEMS):
            places = range(first, min(int(items), first + WRITE_ITEMS))
            tag = [await tags.get() for _ in places][-1]
            for name, documents in _documents(job, places).items():
                await asyncio.to_thread(database[name].insert_many, documents, ordered=False)
            fact = finished(job, 1, dict.fromkeys(places, ItemStatus.SUCCEEDED))
            await _publish(channel, FACTS, event(fact))
            await channel.basic_ack(tag, multiple=True, wait=False)
        print("done", flush=True)


async def _declare(channel: aiormq.Channel) -> None:
    for name in (WORK, FACTS):
        await channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum"})


async def _publish(channel: aiormq.Channel, queue: str, message: Outgoing) -> None:
    """Over the default exchange: what routing costs is the product's."""
    await channel.basic_publish(message.body, routing_key=queue, properties=message.properties("limit"), wait=False)


def _asin(seq: int) -> str:
    return f"B{seq:09d}"


def _documents(job: str, places: range) -> dict[str, list[Document]]:
    """What the product stores of these items, by collection."""
    now = datetime.now(UTC)
    page = page_document(PRODUCT)
    stored: dict[str, list[Document]] = {"observations": [], "price_history": [], "products": [], "outcomes": []}
    for seq in places:
        item = Item(asin=_asin(seq), marketplace=MARKETPLACE)
        key = f"{job}:{product_key(item.marketplace, item.asin)}"
        point = {"_id": f"{key}:1", "n": 1, "asin": item.asin, "at": now, "price": page["price"], **_POINT}
        stored["price_history"].append({**point, "marketplace": item.marketplace})
        stored["observations"].append(
            {"_id": key, "page": {**page, "asin": item.asin}, "observed_at": now, "point": point}
        )
        stored["products"].append(
            {
                **page,
                "_id": user_product_key(job, item.marketplace, item.asin),
                "asin": item.asin,
                "marketplace": item.marketplace,
                "user_id": "bench",
                "job_id": job,
                "collected_at": now,
                "analysis": _ANALYSIS,
                "created_at": now,
                "favorite": False,
                "notes": "",
            }
        )
        stored["outcomes"].append(
            {
                "_id": outcome_id(job, 1, seq),
                "job_id": job,
                "run": 1,
                "seq": seq,
                "marketplace": item.marketplace,
                "asin": item.asin,
                "status": str(ItemStatus.SUCCEEDED),
                "attempts": 1,
                "error": None,
                "origin": "fetched",
                "processed_at": now,
            }
        )
    return stored


_POINT: Document = {
    "currency": "JPY",
    "availability": "in_stock",
    "known_price": Decimal128("2980.00"),
    "known_currency": "JPY",
    "previous_price": None,
    "price_changed_at": None,
}
# Of the size of a real one; working it out is the product's.
_ANALYSIS: Document = {f"figure_{n}": Decimal128("12345.67") for n in range(24)}


if __name__ == "__main__":
    asyncio.run(_submit() if sys.argv[1] == "submit" else _work())
