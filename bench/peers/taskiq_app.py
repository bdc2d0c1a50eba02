"""taskiq over taskiq-aio-pika: tasks that count themselves, acknowledged when done."""

from __future__ import annotations

from taskiq_aio_pika import AioPikaBroker

from bench.peers import async_submit, common

broker = AioPikaBroker(common.AMQP_URL, qos=100)


@broker.task("collect")
async def collect(job: str, seq: int, total: int) -> None:
    await common.store_async(job, seq)
    await common.count_async(job, total)


async def send(job: str, seq: int, total: int) -> None:
    await collect.kiq(job, seq, total)


if __name__ == "__main__":
    async_submit.submit(broker.startup, send)
