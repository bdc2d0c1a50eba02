"""The processes of the raw limit: `python -m bench.pipeline.limit_program submit|work [pass] [write] [index]`.

Publishing hands as many messages to the broker at once as the product does, in the same way. Consuming acknowledges
as many at once as the product puts into a batch, and every collection gets one bulk insert per batch, all of them at
the same time.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiormq
import uvloop
from pymongo import MongoClient
from pymongo.database import Database

from bench.pipeline.sample import Sample
from bench.programs import BenchError
from services.collector.settings import CollectorSettings
from shared import confirms
from shared.ids import product_key
from shared.items import collect_command, finished
from shared.jobs import ItemStatus
from shared.outgoing import Outgoing, event, parcels
from shared.topology import Exchange

MARKETPLACE = "amazon.co.jp"
DEFAULT = Exchange("", "direct")
WORK, FACTS = "limit.work", "limit.facts"
TOGETHER = 500
BATCH = int(CollectorSettings.model_fields["batch_items"].default)
PREFETCH = 1000
Document = dict[str, Any]


async def submit(does: Collection[str]) -> None:
    channel = await _channel()
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        job, items = line.split()
        for first in range(0, int(items) if "pass" in does else 0, TOGETHER):
            places = range(first, min(int(items), first + TOGETHER))
            messages = [collect_command(job, 1, seq, product_key(MARKETPLACE, asin(seq))) for seq in places]
            await _publish(channel, WORK, messages)
        print("sent", flush=True)


async def work(does: Collection[str]) -> None:
    channel, tags = await _channel(), asyncio.Queue[int]()

    async def on_message(message: aiormq.abc.DeliveredMessage) -> None:
        tags.put_nowait(message.delivery_tag or 0)

    await channel.basic_qos(prefetch_count=PREFETCH)
    await channel.basic_consume(WORK, on_message)
    writer = Writer(Sample.load(Path(os.environ["SAMPLE"])), indexed="index" in does)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        job, items = line.split()
        for first in range(0, int(items), BATCH):
            places = range(first, min(int(items), first + BATCH))
            tag = [await tags.get() for _ in places][-1] if "pass" in does else 0
            if "write" in does:
                await writer.write(job, places)
            if "pass" in does:
                await _publish(channel, FACTS, [event(finished(job, 1, dict.fromkeys(places, ItemStatus.SUCCEEDED)))])
                await channel.basic_ack(tag, multiple=True, wait=False)
        print("done", flush=True)


class Writer:
    """Inserts copies of the sampled documents under ids of their own."""

    def __init__(self, sample: Sample, *, indexed: bool) -> None:
        client = MongoClient[Document](os.environ["MONGO_URL"])
        self._database: Database[Document] = client["limit"]
        self._sample = sample
        for name, indexes in sample.indexes.items() if indexed else ():
            for index in indexes:
                self._database[name].create_index([tuple(key) for key in index["keys"]], **index["options"])

    async def write(self, job: str, places: range) -> None:
        await asyncio.gather(
            *(
                asyncio.to_thread(self._database[name].insert_many, copies(document, job, places), ordered=False)
                for name, document in self._sample.documents.items()
            )
        )


def copies(document: Document, job: str, places: range) -> list[Document]:
    """One for each place, as large as the document, and apart in whatever tells products and items apart."""
    now, length = datetime.now(UTC), len(str(document["_id"]))
    differing = {"job_id": lambda _: job, "seq": lambda seq: seq, "asin": asin, "user_id": lambda _: job}
    made = []
    for seq in places:
        own = {name: value(seq) for name, value in differing.items() if name in document}
        times = {name: now for name, value in document.items() if isinstance(value, datetime)}
        made.append({**document, **own, **times, "_id": f"{job}:{seq:09d}".ljust(length, "-")})
    return made


def asin(seq: int) -> str:
    return f"B{seq:09d}"


async def _channel() -> aiormq.Channel:
    connection = await aiormq.connect(os.environ["AMQP_URL"])
    channel = await connection.channel(publisher_confirms=True)
    for name in (WORK, FACTS):
        await channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum"})
    return channel


async def _publish(channel: aiormq.Channel, queue: str, messages: Sequence[Outgoing]) -> None:
    """As the product does it, which is the cheapest way known; over the default exchange, since routing is its own."""
    direct = [replace(each, exchange=DEFAULT, key=queue) for each in messages]
    sent = await confirms.send(channel, parcels(direct, "limit", channel))
    await sent.told
    if errors := sent.result():
        raise BenchError(f"{len(errors)} messages were not taken: {next(iter(errors.values()))}")


if __name__ == "__main__":
    part, *doing = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(submit(doing) if part == "submit" else work(doing))
