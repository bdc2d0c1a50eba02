"""Done to the broker from the outside: messages put in that come twice or make no sense, queues emptied and deleted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPConnectionError

from shared.messages import Message

CHUNK = 500


class Microseconds(datetime):
    """A moment that is written in microseconds, not in seconds as AMQP has it: beyond what a client library reads."""

    def timestamp(self) -> float:
        return super().timestamp() * 1e6


@dataclass(frozen=True)
class Raw:
    """A message as a stranger may have made it."""

    body: bytes
    kind: str
    message_id: str
    at: datetime | None = None

    def message(self) -> aio_pika.Message:
        mode = aio_pika.DeliveryMode.PERSISTENT
        return aio_pika.Message(
            self.body, type=self.kind, message_id=self.message_id, delivery_mode=mode, timestamp=self.at
        )


def put(url: str, queue: str, messages: Sequence[Message]) -> None:
    """Put well-formed messages straight into a queue."""
    put_all(url, queue, [Raw(message.encode(), message.TYPE, uuid4().hex) for message in messages])


def put_all(url: str, queue: str, messages: Sequence[Raw]) -> None:
    """Put any bytes into a queue, each under the id and the type given."""
    asyncio.run(_put(url, queue, messages))


def put_raw(url: str, queue: str, body: bytes, kind: str) -> str:
    """Put any bytes into a queue under the type `kind`, with an unreadable time; returns the message's id."""
    raw = Raw(body, kind, uuid4().hex, Microseconds.now(UTC))
    put_all(url, queue, [raw])
    return raw.message_id


def put_garbage(url: str, queue: str, number: int) -> None:
    """Put many messages into a queue that nobody can read."""
    put_all(url, queue, [Raw(b"no JSON", "items.finished.v1", uuid4().hex) for _ in range(number)])


def purge(url: str, queue: str) -> None:
    """Lose all messages that wait in a queue."""

    async def act(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).purge()

    asyncio.run(_with_channel(url, act))


def delete(url: str, queue: str) -> None:
    """Lose a queue with all that is in it."""
    asyncio.run(_with_channel(url, lambda channel: channel.queue_delete(queue)))


def waiting(url: str, queues: Sequence[str]) -> dict[str, int]:
    """How many messages wait in each of these queues."""
    counts: dict[str, int] = {}

    async def ask(channel: AbstractChannel) -> None:
        for queue in queues:
            found = await channel.declare_queue(queue, passive=True)
            counts[queue] = found.declaration_result.message_count or 0

    asyncio.run(_with_channel(url, ask))
    return counts


async def _connect(urls: str) -> AbstractConnection:
    """To the first node of a cluster that answers."""
    *others, last = urls.split(",")
    for url in others:
        with contextlib.suppress(AMQPConnectionError):
            return await aio_pika.connect(url)
    return await aio_pika.connect(last)


async def _with_channel(url: str, act: Callable[[AbstractChannel], Awaitable[object]]) -> None:
    async with await _connect(url) as connection, connection.channel() as channel:
        await act(channel)


async def _put(url: str, queue: str, messages: Sequence[Raw]) -> None:
    async with await _connect(url) as connection:
        exchange = (await connection.channel()).default_exchange
        for start in range(0, len(messages), CHUNK):
            chunk = messages[start : start + CHUNK]
            await asyncio.gather(*(exchange.publish(raw.message(), routing_key=queue) for raw in chunk))
