"""Messages put into the broker from the outside: duplicates, and what no service of ours would ever send."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import aio_pika

from shared.messages import Message


def put(url: str, queue: str, messages: Sequence[Message]) -> None:
    """Put well-formed messages straight into a queue."""
    asyncio.run(_put(url, queue, [(message.encode(), message.TYPE) for message in messages]))


def put_raw(url: str, queue: str, body: bytes, kind: str) -> str:
    """Put any bytes into a queue under the type `kind`; returns the message's id."""
    [message_id] = asyncio.run(_put(url, queue, [(body, kind)]))
    return message_id


def put_garbage(url: str, queue: str, number: int) -> None:
    """Put many messages into a queue that nobody can read."""
    asyncio.run(_put(url, queue, [(b"no JSON", "items.finished.v1")] * number))


async def _put(url: str, queue: str, messages: Sequence[tuple[bytes, str]]) -> list[str]:
    ids = [uuid4().hex for _ in messages]
    async with await aio_pika.connect(url) as connection:
        exchange = (await connection.channel()).default_exchange
        for message_id, (body, kind) in zip(ids, messages, strict=True):
            mode = aio_pika.DeliveryMode.PERSISTENT
            message = aio_pika.Message(body, type=kind, message_id=message_id, delivery_mode=mode)
            await exchange.publish(message, routing_key=queue)
    return ids
