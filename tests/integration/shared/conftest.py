"""A broker and a database for one test, looked into from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aio_pika
import pytest

from shared.broker import Broker
from shared.mongo import Database, connect
from shared.topology import Queue
from tests.cable import Cable, laid
from tests.integration.shared.rabbit import Rabbit

OpenBroker = Callable[..., Awaitable[Broker]]


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        yield database


@pytest.fixture
async def rabbit(amqp_url: str) -> AsyncIterator[Rabbit]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield Rabbit(connection)


@pytest.fixture
async def cable(amqp_url: str) -> AsyncIterator[Cable]:
    async with laid(Cable(amqp_url)) as cable:
        yield cable


@pytest.fixture
async def open_broker(amqp_url: str) -> AsyncIterator[OpenBroker]:
    """Opens a connected broker, closed after the test."""
    async with AsyncExitStack() as stack:

        async def open_broker(*queues: Queue, url: str = amqp_url) -> Broker:
            broker = await stack.enter_async_context(Broker(url, "test", queues=queues))
            await broker.wait_connected()
            return broker

        yield open_broker
