"""The way to RabbitMQ: connections to whichever of its nodes answers, channels, declarations, and what can go wrong.

Publishing and consuming have a connection each: under a memory or disk alarm RabbitMQ reads nothing more from a
connection that publishes, and acknowledgements on it would wait with the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError
from pamqp.common import FieldTable

from shared import deliveries
from shared.amqpdecoding import tolerate
from shared.topology import EXCHANGES, Exchange, Queue

CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
# A connection on which nothing is heard for three times as long is given up: so half-open ones are noticed.
HEARTBEAT_SECONDS = 10
# A broker that takes nothing for so long is as good as away.
FLOW_SECONDS = 0.1

# Why a broker operation fails that has nothing to do with what was asked of it.
CONNECTION_ERRORS = (AMQPError, ConnectionError, TimeoutError, OSError, RuntimeError, asyncio.InvalidStateError)


def is_connection_error(error: BaseException) -> bool:
    """Whether only the way to the broker failed; aiormq ends what waits on it with a bare Exception at times."""
    return isinstance(error, CONNECTION_ERRORS) or type(error) is Exception


@contextlib.contextmanager
def closing_is_no_cancellation() -> Iterator[None]:
    """Raises ConnectionError where aiormq cancels what waits for an answer of a connection or channel that it closes.

    Whoever waits is asked to stop by a cancellation of its own task alone: a task that ended by one of aiormq's would
    be missed by nobody.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("it was closed before the answer came") from error


@contextlib.contextmanager
def connection_errors_suppressed() -> Iterator[None]:
    """For what is done to a connection that may be lost already: then the broker has done it, or redelivers."""
    try:
        with closing_is_no_cancellation():
            yield
    except Exception as error:
        if not is_connection_error(error):
            raise


class Addresses:
    """The nodes of one cluster, from addresses separated by commas; each process begins at another one."""

    def __init__(self, urls: str) -> None:
        self._urls = [_with_heartbeat(url.strip()) for url in urls.split(",") if url.strip()]
        self._turn = random.randrange(len(self._urls))

    def next(self) -> str:
        """Where to connect now: the node after the last one, which may be the one that is down."""
        self._turn = (self._turn + 1) % len(self._urls)
        return self._urls[self._turn]


def _with_heartbeat(url: str) -> str:
    parts = urlsplit(url)
    query = {"heartbeat": str(HEARTBEAT_SECONDS), **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(query=urlencode(query)))


class Connection(aio_pika.Connection):
    """Closed by us or never made: the original starts a coroutine when it is collected, which nobody awaits."""

    def __del__(self) -> None:
        return


@contextlib.asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[AbstractConnection]:
    """A connection that shows as `name` among those of the broker, closed on leaving."""
    tolerate()
    deliveries.install()
    properties: FieldTable = {"connection_name": name}
    connection = await aio_pika.connect(
        url, timeout=CONNECT_SECONDS, client_properties=properties, connection_class=Connection
    )
    try:
        yield connection
    finally:
        with connection_errors_suppressed():
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()


async def flows(channel: aiormq.Channel) -> bool:
    """Whether the broker takes what is published: under a memory or disk alarm it does not."""
    try:
        async with asyncio.timeout(FLOW_SECONDS):
            await channel.connection.ready()
    except TimeoutError:
        return False
    return True


async def open_channel(connection: AbstractConnection, *, confirms: bool) -> aiormq.Channel:
    channel: AbstractChannel = await connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    underlay = await channel.get_underlay_channel()
    assert isinstance(underlay, aiormq.Channel)  # noqa: S101  narrows the interface to what it is
    return underlay


async def declare_all(channel: aiormq.Channel, queues: list[Queue]) -> None:
    """The exchanges that everybody uses, then these queues."""
    for exchange in EXCHANGES:
        await _declare_exchange(channel, exchange)
    for queue in queues:
        await declare_queue(channel, queue)


async def declare_queue(channel: aiormq.Channel, queue: Queue) -> None:
    """Idempotent, unless the queue exists with other arguments: then the channel closes with PRECONDITION_FAILED."""
    for exchange, _ in queue.bindings:
        if exchange not in EXCHANGES:
            await _declare_exchange(channel, exchange)
    await channel.queue_declare(
        queue.name,
        durable=queue.durable,
        exclusive=queue.exclusive,
        auto_delete=queue.exclusive,
        arguments=dict(queue.arguments),
    )
    for exchange, key in queue.bindings:
        await channel.queue_bind(queue.name, exchange.name, key)


async def _declare_exchange(channel: aiormq.Channel, exchange: Exchange) -> None:
    await channel.exchange_declare(exchange.name, exchange_type=exchange.kind, durable=True)
