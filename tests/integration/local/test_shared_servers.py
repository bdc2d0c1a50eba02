"""The rooms that a test gets in the shared servers."""

import aio_pika
import pytest
from aiormq.exceptions import ChannelNotFoundEntity
from pymongo import AsyncMongoClient


@pytest.mark.parametrize("run", ["first", "second"])
async def test_queues_of_one_test_are_unknown_to_another(amqp_url: str, run: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelNotFoundEntity):
            await channel.declare_queue("shared-by-nobody", passive=True)
        channel = await connection.channel()
        await channel.declare_queue("shared-by-nobody", durable=True, arguments={"x-queue-type": "quorum"})


@pytest.mark.parametrize("run", ["first", "second"])
async def test_database_of_a_test_starts_empty(mongo_url: str, mongo_database: str, run: str) -> None:
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        collection = client[mongo_database]["things"]
        assert await collection.count_documents({}) == 0
        await collection.insert_one({"run": run})
        assert await collection.count_documents({}) == 1
