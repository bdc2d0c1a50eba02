"""Deliveries of one queue, taken in batches and acknowledged when finished, also across reconnects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Container, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared import metrics
from shared.acks import AckTracker
from shared.batching import take_batch
from shared.broker import Broker, Subscription
from shared.deliveries import Arrived, Receive, receiving
from shared.ids import new_id
from shared.link import connection_errors_suppressed
from shared.topology import Queue

if TYPE_CHECKING:
    import aiormq
    from aiormq.abc import DeliveredMessage

ATTEMPT_HEADER = "x-attempt"
OnMessage = Callable[["DeliveredMessage"], Coroutine[Any, Any, None]]


@dataclass(eq=False, slots=True)
class Delivery:
    """One message as it came; `done` acknowledges it, for which its effects must be durable."""

    tag: int
    body: bytes
    type: str
    exchange: str
    key: str
    message_id: str
    correlation_id: str
    headers: Mapping[str, Any]
    redelivered: bool
    published_at: datetime | None = None
    _channel: _OpenChannel = field(kw_only=True)
    arrived_at: float = field(default_factory=time.monotonic, kw_only=True)

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1; a header nobody of us wrote counts as the first."""
        value = self.headers.get(ATTEMPT_HEADER, 1)
        return value if isinstance(value, int) and value >= 1 else 1

    @property
    def stale(self) -> bool:
        """Its channel is gone: the broker delivers it again, so working on it is in vain."""
        return self._channel.closed

    def done(self) -> None:
        self._channel.finish(self.tag)


class _OpenChannel:
    """The acknowledgements of one open channel; once it is lost they go nowhere, and the broker redelivers."""

    def __init__(self, channel: aiormq.Channel, held_acks: int) -> None:
        self._channel = channel
        self._tracker = AckTracker(held_acks)
        self._consumer_tag: str | None = None
        self._receiving = ExitStack()
        self._flush_due = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self.closed = False

    @property
    def unfinished(self) -> int:
        return self._tracker.unfinished

    def received(self, tag: int) -> None:
        self._tracker.delivered(tag)

    def finish(self, tag: int) -> None:
        self._tracker.finished(tag)
        if not self._flush_due and not self.closed:
            self._flush_due = True
            # One acknowledgement for all that finish in the same turn of the loop.
            asyncio.get_running_loop().call_soon(self._start_flush)

    def _start_flush(self) -> None:
        self._flush_due = False
        task = asyncio.ensure_future(self.flush())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        # One after the other: a multiple acknowledgement that overtook a single one would make its tag unknown.
        async with self._writing:
            if self.closed:
                return
            # A channel that closes under the acknowledgement redelivers, which handlers are made for.
            with connection_errors_suppressed():
                for ack in self._tracker.take():
                    await self._channel.basic_ack(ack.tag, multiple=ack.multiple, wait=False)

    async def consume(self, queue_name: str, prefetch: int, receive: Receive) -> None:
        """Take deliveries, at most `prefetch` unacknowledged ones; 0 takes none. What is in hand stays in hand."""
        if self._consumer_tag is not None:
            # Confirmed only after all deliveries that were under way: none of them is lost sight of.
            await self._channel.basic_cancel(self._consumer_tag)
            self._consumer_tag = None
            self._receiving.close()
        if prefetch:
            await self._channel.basic_qos(prefetch_count=prefetch)  # for consumers from now on
            tag = new_id()
            self._receiving.enter_context(receiving(tag, receive))
            await self._channel.basic_consume(queue_name, _each(receive), consumer_tag=tag)
            self._consumer_tag = tag

    def lose(self) -> None:
        """From now on nothing is acknowledged, and nothing that still comes is taken for a delivery."""
        self.closed = True
        self._receiving.close()

    async def close(self) -> None:
        """Acknowledge what is finished and give the rest back to the queue."""
        await self.flush()
        self.lose()
        with connection_errors_suppressed():
            await self._channel.close(timeout=2.0)


class Intake:
    """A buffered consumer: at most `prefetch` deliveries are unacknowledged at any time."""

    def __init__(self, broker: Broker, queue: Queue, prefetch: int, held_acks: int | None = None) -> None:
        """So many finished deliveries at most, by default half of `prefetch`, wait behind an unfinished one to be
        acknowledged together with others."""
        self.queue = queue
        self._prefetch = prefetch
        self._held_acks = held_acks
        self._buffer: asyncio.Queue[Delivery] = asyncio.Queue()
        self._apart: asyncio.Queue[Delivery] = asyncio.Queue()
        self._apart_types: frozenset[str] = frozenset()
        self._open: _OpenChannel | None = None
        self._queue_name = queue.name
        self._consuming = asyncio.Lock()
        self._broker = broker
        self._closed = False
        self._subscription = Subscription(queue, prefetch, self._opened, self._lost)
        self._wait = metrics.MESSAGE_WAIT_SECONDS.labels(queue.name)
        self._in_flight = metrics.MESSAGES_IN_FLIGHT.labels(queue.name)
        self._in_flight.set_function(lambda: self._open.unfinished if self._open else 0)
        broker.subscribe(self._subscription)

    def set_apart(self, *types: str) -> None:
        """From the next connection on, deliveries of these types are taken with `apart`, and the others without.

        Neither waits for the other, nor do their acknowledgements.
        """
        self._apart_types, self._held_acks = frozenset(types), 0

    @property
    def unfinished(self) -> int:
        """Deliveries handed out or buffered that nobody has finished."""
        return self._open.unfinished if self._open else 0

    async def _opened(self, channel: aiormq.Channel, queue_name: str) -> None:
        if self._closed:
            return
        async with self._consuming:
            self._open, self._queue_name = _OpenChannel(channel, self._hold_limit()), queue_name
            await self._consume(self._open)

    def _hold_limit(self) -> int:
        return max(1, self._prefetch // 2) if self._held_acks is None else self._held_acks

    async def _consume(self, current: _OpenChannel) -> None:
        def receive(message: Arrived) -> None:
            delivery = Delivery(*message, _channel=current)
            current.received(delivery.tag)
            self._note_wait(delivery)
            (self._apart if delivery.type in self._apart_types else self._buffer).put_nowait(delivery)

        await current.consume(self._queue_name, self._prefetch, receive)

    async def hold(self, prefetch: int) -> None:
        """Hold at most `prefetch` deliveries from now on, also on later connections; 0 takes none from the queue.

        Deliveries in hand stay so and are acknowledged as ever.
        """
        async with self._consuming:
            if prefetch == self._prefetch:
                return
            self._prefetch = prefetch
            if self._open is not None:
                # A channel that closes meanwhile is opened anew, with this prefetch.
                with connection_errors_suppressed():
                    await self._consume(self._open)

    def _note_wait(self, delivery: Delivery) -> None:
        if delivery.published_at is not None and not delivery.redelivered:
            waited = (datetime.now(UTC) - delivery.published_at).total_seconds()
            self._wait.observe(max(0.0, waited))

    def _lost(self) -> None:
        if self._open is not None:
            self._open.lose()
            self._open = None
        for buffer in (self._buffer, self._apart):
            while not buffer.empty():
                buffer.get_nowait()

    async def batch(
        self, max_items: int, max_seconds: float, *, apart: bool = False, patient: Container[str] | None = None
    ) -> list[Delivery]:
        """Wait for a delivery, then for more until there are `max_items` or `max_seconds` have passed.

        `apart`: of the types that are set apart. One whose type is not among those that are `patient`, by default all,
        waits for no other.
        """
        buffer = self._apart if apart else self._buffer
        waits = None if patient is None else lambda delivery: delivery.type in patient
        deliveries = await take_batch(buffer, max_items, max_seconds, waits)
        return [delivery for delivery in deliveries if not delivery.stale]

    async def close(self) -> None:
        """Stop consuming; what is not finished goes back to the queue at once."""
        self._closed = True
        self._broker.unsubscribe(self._subscription)
        if self._open is not None:
            await self._open.close()
            self._lost()


def _each(receive: Receive) -> OnMessage:
    """A callback for messages that come the library's way."""

    async def on_message(message: DeliveredMessage) -> None:
        properties = message.header.properties
        receive(
            Arrived(
                tag=message.delivery_tag or 0,
                body=message.body,
                type=properties.message_type or "",
                exchange=message.exchange or "",
                key=message.routing_key or "",
                message_id=properties.message_id or "",
                correlation_id=properties.correlation_id or "",
                headers=properties.headers or {},
                redelivered=bool(message.redelivered),
                published_at=properties.timestamp,
            )
        )

    return on_message
