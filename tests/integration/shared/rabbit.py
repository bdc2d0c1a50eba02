"""The broker seen from outside, and a cable to it that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

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


class Cable:
    """Everything between a client and the broker; `cut` breaks what is connected, and nothing gets through until
    `mend`."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._intact = True
        self._frozen = False
        self._ends: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        account = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{account}@127.0.0.1:{self.port}"))

    def cut(self) -> None:
        self._intact = False
        for end in self._ends:
            end.transport.abort()

    def freeze(self) -> None:
        """Keep what is connected, but let nothing arrive any more."""
        self._frozen = True

    def mend(self) -> None:
        self._intact, self._frozen = True, False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._intact:
            writer.transport.abort()
            return
        self.connections += 1
        other_reader, other_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        ends = {writer, other_writer}
        self._ends |= ends
        try:
            await asyncio.gather(self._carry(reader, other_writer), self._carry(other_reader, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if not self._frozen:
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[Cable]:
    cable = Cable(url)
    server = await asyncio.start_server(cable.serve, "127.0.0.1", 0)
    cable.port = server.sockets[0].getsockname()[1]
    try:
        yield cable
    finally:
        server.close()
        cable.cut()
