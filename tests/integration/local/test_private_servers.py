"""The private broker and database keep what they acknowledged, however they went down."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest
from pymongo import AsyncMongoClient

from deploy.local import commands
from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from tests.conftest import unavailable


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    folder = RunFolder(tmp_path / "run")
    try:
        commands.up(folder, only=("rabbitmq", "mongo"), while_pid=os.getpid(), say=lambda _: None)
    except LocalError as error:
        unavailable(str(error))
    yield folder
    commands.down(folder, say=lambda _: None)


async def put_message(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(b"still here", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept")


async def take_message(url: str) -> bytes:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue("kept")
        message = await queue.get(timeout=10)
        return message.body


async def insert(url: str) -> None:
    async with AsyncMongoClient[dict[str, object]](url) as client:
        await client["test"]["kept"].insert_one({"_id": "still here"})


async def count(url: str) -> int:
    async with AsyncMongoClient[dict[str, object]](url) as client:
        return await client["test"]["kept"].count_documents({"_id": "still here"})


async def test_servers_keep_their_data_over_kill_and_restart(folder: RunFolder) -> None:
    endpoints = commands.endpoints(folder)
    await put_message(endpoints["AMQP_URL"])
    await insert(endpoints["MONGO_URL"])

    commands.stop("rabbitmq", folder)
    assert commands.start("rabbitmq", folder)
    os.kill(int((folder.pids / "mongo").read_text()), signal.SIGKILL)

    assert await take_message(endpoints["AMQP_URL"]) == b"still here"
    assert await count(endpoints["MONGO_URL"]) == 1
