"""The broker seen from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from shared.topology import EXCHANGES, Queue


class Rabbit:
    """Queues looked into and filled by a test, on a connection of its own."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        # One for each use: a channel ends with its first error.
        async with self._connection.channel() as channel:
            yield channel

    async def declare(self, *queues: Queue) -> None:
        async with self._channel() as channel:
            for exchange in {*EXCHANGES, *(exchange for queue in queues for exchange, _ in queue.bindings)}:
                await channel.declare_exchange(exchange.name, exchange.kind, durable=True)
            for queue in queues:
                arguments: dict[str, Any] = dict(queue.arguments)
                made = await channel.declare_queue(queue.name, durable=True, arguments=arguments)
                for exchange, key in queue.bindings:
                    await made.bind(exchange.name, key)

    async def ready(self, queue: Queue) -> int:
        """Messages that wait in `queue`, without those that a consumer has in hand."""
        async with self._channel() as channel:
            found = await channel.declare_queue(queue.name, passive=True)
            return found.declaration_result.message_count or 0

    async def take(self, queue: Queue) -> AbstractIncomingMessage | None:
        """The first message of `queue`, taken out of it."""
        async with self._channel() as channel:
            found = await channel.get_queue(queue.name, ensure=False)
            return await found.get(no_ack=True, fail=False)

    async def take_all(self, queue: Queue) -> list[AbstractIncomingMessage]:
        taken = []
        async with self._channel() as channel:
            found = await channel.get_queue(queue.name, ensure=False)
            while (message := await found.get(no_ack=True, fail=False)) is not None:
                taken.append(message)
        return taken

    async def drop(self, queue: Queue) -> None:
        """Take the first message and die with it in hand, as a consumer killed by it does."""
        async with self._channel() as channel:
            found = await channel.get_queue(queue.name, ensure=False)
            await found.get(fail=False)

    async def put(self, queue: Queue, body: bytes, message_type: str, **properties: Any) -> None:
        async with self._channel() as channel:
            message = aio_pika.Message(body, type=message_type, **properties)
            await channel.default_exchange.publish(message, queue.name)

    async def purge(self, queue: Queue) -> None:
        async with self._channel() as channel:
            await (await channel.get_queue(queue.name, ensure=False)).purge()

    async def delete(self, queue: Queue) -> None:
        async with self._channel() as channel:
            await channel.queue_delete(queue.name)

    async def unbind(self, queue: Queue) -> None:
        """Take away all its bindings, of which its consumers are told nothing."""
        async with self._channel() as channel:
            found = await channel.get_queue(queue.name, ensure=False)
            for exchange, key in queue.bindings:
                await found.unbind(exchange.name, key)
