"""FastStream over RabbitMQ: a subscriber that counts what it handles, acknowledged when done."""

from __future__ import annotations

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from pydantic import BaseModel

from bench.peers import async_submit, common

broker = RabbitBroker(common.AMQP_URL, default_channel=Channel(prefetch_count=100))
app = FastStream(broker)
QUEUE = RabbitQueue("faststream", durable=True)


class Item(BaseModel):
    job: str
    seq: int
    total: int


@broker.subscriber(QUEUE, ack_policy=AckPolicy.NACK_ON_ERROR)
async def collect(item: Item) -> None:
    await common.store_async(item.job, item.seq)
    await common.count_async(item.job, item.total)


async def send(job: str, seq: int, total: int) -> None:
    await broker.publish(Item(job=job, seq=seq, total=total), QUEUE, persist=True)


async def start() -> None:
    """What is published before the queue is there would be lost."""
    await broker.connect()
    await broker.declare_queue(QUEUE)


if __name__ == "__main__":
    async_submit.submit(start, send)
