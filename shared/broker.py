"""RabbitMQ: a way to it that comes back by itself; publishing that is confirmed or says why not."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiormq
from aiormq.exceptions import ChannelNotFoundEntity, DeliveryError, PublishError

from shared import confirms, link, metrics, tracing
from shared.errors import BrokerUnavailableError, UnroutableError
from shared.link import closing_is_no_cancellation, is_connection_error
from shared.log import get_logger
from shared.outgoing import Outgoing, parcels
from shared.topology import Queue

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractConnection

log = get_logger(__name__)

CONFIRM_SECONDS = 10.0
# How often what is consumed is declared anew: so long it may take until bindings that were deleted are back.
DECLARE_SECONDS = 15.0
# How often whoever waits for a confirm looks whether the broker still takes anything.
LOOK_SECONDS = 0.5
RECONNECT_CAP_SECONDS = 5.0
CANCEL_SECONDS = 1.0
PUBLISH_CHUNK = 500  # outstanding confirms: throughput is flat from 100 on


@dataclass(eq=False)
class Subscription:
    """What to consume each time the connection stands: `opened` gets channel and queue name, `lost` ends it."""

    queue: Queue
    prefetch: int
    opened: Callable[[aiormq.Channel, str], Awaitable[None]]
    lost: Callable[[], None]


@dataclass(frozen=True)
class _Consuming:
    """What stands of a subscription while the connection does."""

    channel: aiormq.Channel
    queue: Queue


class Broker:
    """Keeps the way to the broker open, declares what this process needs, publishes.

    `url` may be several, of the nodes of one cluster, separated by commas. Use as an async context manager: entering
    starts connecting in the background and does not wait for it.
    """

    def __init__(self, url: str, name: str, *, queues: Iterable[Queue] = ()) -> None:
        self._addresses = link.Addresses(url)
        self._name = name
        self._queues = list(queues)
        self._subscriptions: list[Subscription] = []
        self._connected = asyncio.Event()
        self._channel: aiormq.Channel | None = None
        self._connection: AbstractConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._was_connected = False
        self._disconnected_since: float = 0.0

    @property
    def name(self) -> str:
        return self._name

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    async def usable(self) -> bool:
        """Whether it is connected and takes what is published, which it does not when it is out of memory or disk."""
        return self._channel is not None and await link.flows(self._channel)

    @property
    def disconnected_seconds(self) -> float:
        """How long the connection has been down; 0 while it stands."""
        return 0.0 if self.connected else asyncio.get_running_loop().time() - self._disconnected_since

    async def wait_connected(self) -> None:
        """Return as soon as the connection stands."""
        await self._connected.wait()

    def subscribe(self, subscription: Subscription) -> None:
        """Consume from now on, again after every reconnect."""
        self._subscriptions.append(subscription)
        self._changed.set()

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget it; its channel is closed by whoever opened it."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._changed.set()

    async def __aenter__(self) -> Broker:
        self._disconnected_since = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._keep_connected(), name="broker")
        return self

    async def __aexit__(self, *_: object) -> None:
        # Again if need be: `asyncio.wait_for`, which the libraries use, loses a cancellation at times (Python 3.11).
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CANCEL_SECONDS)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once the broker has confirmed every message.

        Raises UnroutableError when a mandatory message fits no queue, BrokerUnavailableError when any is unconfirmed:
        then some may have arrived all the same, so whoever sends again must be able to be heard twice.
        """
        with tracing.publishing([message.type for message in messages]):
            for start in range(0, len(messages), PUBLISH_CHUNK):
                await self._publish_chunk(messages[start : start + PUBLISH_CHUNK])

    @contextlib.asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of one's own for a question to the broker: an error closes it, and no other.

        Raises BrokerUnavailableError without a connection, or when it is lost meanwhile.
        """
        if self._connection is None or not self.connected:
            raise BrokerUnavailableError("RabbitMQ is not connected")
        try:
            with closing_is_no_cancellation():
                async with self._connection.channel() as channel:
                    yield channel
        except ChannelNotFoundEntity:
            raise
        except link.CONNECTION_ERRORS as error:
            raise _unavailable(error) from error

    async def _publish_chunk(self, messages: Sequence[Outgoing]) -> None:
        channel = self._channel
        if channel is None or not self.connected:
            raise BrokerUnavailableError("RabbitMQ is not connected")
        try:
            with closing_is_no_cancellation():
                errors = await self._confirmed(channel, messages)
        except Exception as error:
            if not is_connection_error(error):
                raise
            raise _unavailable(error) from error
        refused = next((error for error in errors.values() if not isinstance(error, PublishError)), None)
        if refused is not None:
            raise _unavailable(refused) from refused
        if errors:
            lost = messages[min(errors)]
            with link.connection_errors_suppressed():
                # It may be a queue of ours that somebody deleted: then it is there for the next attempt.
                await link.declare_all(channel, self._queues)
            raise UnroutableError(f"no queue takes {lost.key!r} on {lost.exchange.name}") from errors[min(errors)]
        for type_, number in Counter(message.type for message in messages).items():
            metrics.MESSAGES_PUBLISHED.labels(metrics.known_type(type_)).inc(number)

    async def _confirmed(self, channel: aiormq.Channel, messages: Sequence[Outgoing]) -> Mapping[int, BaseException]:
        """What was told of those that did not arrive; raises as soon as the broker takes nothing any more."""
        await _flowing(channel)
        sent = await confirms.send(channel, parcels(messages, self._name, channel))
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                while not (await asyncio.wait([sent.told], timeout=LOOK_SECONDS))[0]:
                    await _flowing(channel)
            return sent.result()
        finally:
            sent.forget()

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            try:
                with closing_is_no_cancellation():
                    await self._session()
            except Exception as error:
                unforeseen = None if is_connection_error(error) else error
                log.warning("broker_connection_lost", error=str(error) or type(error).__name__, exc_info=unforeseen)
            # Full jitter, so that a restarted broker is not met by every process at once.
            attempt = 1 if self._was_connected else attempt + 1
            await asyncio.sleep(random.uniform(0.05, min(RECONNECT_CAP_SECONDS, 0.2 * 2.0 ** min(attempt, 10))))
            metrics.BROKER_RECONNECTS.inc()

    async def _session(self) -> None:
        """Connect, declare, consume; ends with an error when any part of it is lost."""
        self._was_connected = False
        url = self._addresses.next()
        channels: dict[Subscription, _Consuming] = {}
        cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        async with contextlib.AsyncExitStack() as connections:
            publishing = await connections.enter_async_context(link.connected(url, f"{self._name} publishing"))
            consuming = await connections.enter_async_context(link.connected(url, f"{self._name} consuming"))
            try:
                publisher = await link.open_channel(publishing, confirms=True)
                await link.declare_all(publisher, self._queues)
                while True:
                    self._changed.clear()
                    await self._follow_subscriptions(consuming, channels, cancelled)
                    if not self.connected:
                        self._connection = consuming
                        self._mark_connected(publisher)
                    if not await self._until_changed([publisher, *(c.channel for c in channels.values())], cancelled):
                        await _declare_again(channels.values())
            finally:
                self._mark_disconnected()
                for subscription in channels:
                    subscription.lost()

    def _mark_connected(self, publisher: aiormq.Channel) -> None:
        self._channel = publisher
        self._was_connected = True
        self._connected.set()
        metrics.BROKER_CONNECTED.set(1)
        log.info("broker_connected", consuming=len(self._subscriptions))

    def _mark_disconnected(self) -> None:
        if self.connected:
            self._disconnected_since = asyncio.get_running_loop().time()
        self._connected.clear()
        self._channel = None
        self._connection = None
        metrics.BROKER_CONNECTED.set(0)

    async def _follow_subscriptions(
        self,
        connection: AbstractConnection,
        channels: dict[Subscription, _Consuming],
        cancelled: asyncio.Future[None],
    ) -> None:
        """Open a channel for each new subscription, forget those that were given up."""

        def on_cancel(_frame: object) -> None:
            if not cancelled.done():
                cancelled.set_result(None)

        for gone in channels.keys() - set(self._subscriptions):
            del channels[gone]
        for subscription in self._subscriptions:
            if subscription not in channels:
                channel = await link.open_channel(connection, confirms=False)
                channel.on_consumer_cancel_callbacks = {on_cancel}
                queue = subscription.queue.incarnation()
                await link.declare_queue(channel, queue)
                await channel.basic_qos(prefetch_count=subscription.prefetch)
                channels[subscription] = _Consuming(channel, queue)
                await subscription.opened(channel, queue.name)

    async def _until_changed(self, channels: Sequence[aiormq.Channel], cancelled: asyncio.Future[None]) -> bool:
        """Whether subscriptions changed before it is time to declare again; raises when a channel in use closed or a
        consumer was cancelled."""
        changed = asyncio.create_task(self._changed.wait())
        closing: list[asyncio.Future[None]] = [channel.closing for channel in channels]
        ends: list[asyncio.Future[Any]] = [*closing, changed]
        try:
            waiting = asyncio.wait([*ends, cancelled], timeout=DECLARE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ended, _ = await waiting
            if cancelled.done():
                raise ConnectionError("the broker cancelled a consumer")
            if ended and not changed.done():
                closed = (future for future in closing if future.done() and not future.cancelled())
                reason = next((error for future in closed if (error := future.exception())), None)
                raise ConnectionError(f"a channel was closed: {reason or 'no reason given'}") from reason
            return bool(ended)
        finally:
            for future in ends:
                future.cancel()


async def _declare_again(consuming: Iterable[_Consuming]) -> None:
    """An exchange that somebody deleted takes all its bindings along, and tells nobody."""
    for each in consuming:
        await link.declare_queue(each.channel, each.queue)


async def _flowing(channel: aiormq.Channel) -> None:
    if not await link.flows(channel):
        raise BrokerUnavailableError("RabbitMQ takes no messages now: it is out of memory or disk")


def _unavailable(error: BaseException) -> BaseException:
    if isinstance(error, DeliveryError):
        return BrokerUnavailableError("RabbitMQ refused a message (queue full or its node out of memory or disk)")
    if is_connection_error(error):
        return BrokerUnavailableError(f"RabbitMQ did not confirm: {error or type(error).__name__}")
    return error
