"""Deliveries are buffered, batched and acknowledged; what a lost channel brought is dropped for its redelivery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.intake import Delivery, Intake
from shared.topology import COMMANDS, work_queue
from tests.fakes import FakeBroker, settle
from tests.waiting import eventually

PREFETCH = 8
QUEUE = work_queue("a.queue", COMMANDS, "a.key")


class Channel:
    """The broker's side: it notes a tag that is not outstanding, for which the real one closes the channel."""

    def __init__(self) -> None:
        self.outstanding: set[int] = set()
        self.deliver_to: Callable[[Any], Awaitable[None]]
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False
        self.refused: list[int] = []
        self.prefetch = 0
        self.consumers: list[str] = []

    async def basic_qos(self, *, prefetch_count: int) -> None:
        self.prefetch = prefetch_count

    async def basic_consume(
        self, _queue: str, consumer: Callable[[Any], Awaitable[None]], *, consumer_tag: str
    ) -> None:
        self.deliver_to = consumer
        self.consumers.append(consumer_tag)

    async def basic_cancel(self, consumer_tag: str) -> None:
        self.consumers.remove(consumer_tag)

    async def basic_ack(self, tag: int, *, multiple: bool, wait: bool) -> None:
        assert not wait
        await self.gate.wait()
        await asyncio.sleep(0.001 if not multiple else 0)  # a writer's queue that is full lets others go first
        if tag not in self.outstanding:
            self.refused.append(tag)
        self.outstanding -= {other for other in self.outstanding if other <= tag} if multiple else {tag}

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109  the signature of the real one
        self.closed = True

    async def deliver(self, *tags: int, message_type: str = "t") -> None:
        for tag in tags:
            self.outstanding.add(tag)
            none = {"message_id": None, "correlation_id": None, "headers": None, "timestamp": None}
            properties = SimpleNamespace(message_type=message_type, **none)
            header = SimpleNamespace(properties=properties)
            message = SimpleNamespace(
                delivery_tag=tag, body=b"%d" % tag, exchange=None, routing_key=None, redelivered=None, header=header
            )
            await self.deliver_to(message)


class Opened:
    """An intake whose channel the test holds."""

    def __init__(self) -> None:
        self.broker = FakeBroker()
        self.intake = Intake(self.broker, QUEUE, PREFETCH)
        [self.subscription] = self.broker._subscriptions

    async def open(self) -> Channel:
        channel = Channel()
        await self.subscription.opened(cast(Any, channel), QUEUE.name)
        return channel


@pytest.fixture
def opened() -> Opened:
    return Opened()


def bodies(deliveries: list[Delivery]) -> list[int]:
    return [int(delivery.body) for delivery in deliveries]


async def test_batch_is_full_or_as_old_as_allowed(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1, 2, 3)
    assert bodies(await opened.intake.batch(2, 60.0)) == [1, 2]
    assert bodies(await opened.intake.batch(2, 0.01)) == [3]


async def test_batch_waits_for_stragglers(opened: Opened) -> None:
    channel = await opened.open()
    batch = asyncio.create_task(opened.intake.batch(2, 60.0))
    await channel.deliver(1)
    await settle()
    assert not batch.done()
    await channel.deliver(2)
    assert bodies(await batch) == [1, 2]


async def test_what_is_set_apart_is_waited_for_while_all_else_is_finished(opened: Opened) -> None:
    opened.intake.set_apart("gathered")
    channel = await opened.open()
    gathering = asyncio.create_task(opened.intake.batch(3, 60.0, apart=True))
    await channel.deliver(1, message_type="gathered")
    await channel.deliver(2)
    [passing] = await opened.intake.batch(9, 0.0)
    passing.done()
    await eventually(lambda: channel.outstanding == {1})
    await channel.deliver(3, 4, message_type="gathered")
    assert bodies(await gathering) == [1, 3, 4]


async def test_impatient_delivery_takes_along_those_that_wait_for_others(opened: Opened) -> None:
    channel = await opened.open()
    batch = asyncio.create_task(opened.intake.batch(9, 60.0, patient={"step"}))
    await channel.deliver(1, 2, message_type="step")
    await settle()
    assert not batch.done()
    await channel.deliver(3)
    await settle()
    assert batch.done()
    assert bodies(await batch) == [1, 2, 3]


async def test_finished_deliveries_share_an_acknowledgement(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1, 2, 3)
    for delivery in await opened.intake.batch(3, 0):
        assert opened.intake.unfinished > 0
        delivery.done()
    await settle()
    assert channel.outstanding == set()
    assert opened.intake.unfinished == 0


async def test_nothing_is_acknowledged_before_it_is_done(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1, 2)
    first, second = await opened.intake.batch(2, 0)
    second.done()
    await settle()
    assert channel.outstanding == {1, 2}
    first.done()
    await settle()
    assert channel.outstanding == set()


async def test_acknowledgements_never_overtake_one_another(opened: Opened) -> None:
    """Single ones on their way must reach the broker before a multiple one that covers them."""
    channel = await opened.open()
    channel.gate.clear()
    await channel.deliver(*range(1, PREFETCH + 1))
    first, *others = await opened.intake.batch(PREFETCH, 0)
    for delivery in others[:-1]:
        delivery.done()
    await settle()
    first.done()
    others[-1].done()
    await settle()
    channel.gate.set()
    await eventually(lambda: not channel.outstanding)
    await opened.intake.close()
    assert channel.refused == []


async def test_lost_channel_makes_its_deliveries_stale(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1, 2)
    [taken] = await opened.intake.batch(1, 0)
    opened.subscription.lost()
    again = await opened.open()
    await again.deliver(1, 2)

    assert taken.stale
    taken.done()
    await settle()
    assert again.outstanding == {1, 2}
    assert bodies(await opened.intake.batch(9, 0)) == [1, 2]


async def test_delivery_gone_stale_while_batching_is_left_out(opened: Opened) -> None:
    channel = await opened.open()
    batch = asyncio.create_task(opened.intake.batch(2, 60.0))
    await channel.deliver(1)
    await settle()
    opened.subscription.lost()
    again = await opened.open()
    await again.deliver(7)
    assert bodies(await batch) == [7]


async def test_closing_acknowledges_what_is_finished_only(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1, 2, 3)
    first, *_ = await opened.intake.batch(3, 0)
    first.done()
    await opened.intake.close()
    assert channel.outstanding == {2, 3}
    assert channel.closed
    assert opened.broker._subscriptions == []


async def test_closed_intake_was_never_opened(opened: Opened) -> None:
    await opened.intake.close()
    assert opened.intake.unfinished == 0


async def test_held_intake_takes_nothing_and_acknowledges_what_it_has(opened: Opened) -> None:
    channel = await opened.open()
    await channel.deliver(1)
    await opened.intake.hold(0)
    assert not channel.consumers
    [delivery] = await opened.intake.batch(10, 0.01)
    delivery.done()
    await eventually(lambda: not channel.outstanding)
    await opened.intake.hold(1)
    assert (len(channel.consumers), channel.prefetch) == (1, 1)


async def test_held_intake_takes_nothing_on_a_new_connection(opened: Opened) -> None:
    await opened.intake.hold(0)
    channel = await opened.open()
    assert not channel.consumers
    await opened.intake.hold(PREFETCH)
    await opened.intake.hold(PREFETCH)
    assert (len(channel.consumers), channel.prefetch) == (1, PREFETCH)
