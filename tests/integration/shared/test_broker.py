"""The connection comes back by itself; what is published is confirmed, or the publisher is told why not."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import aiormq
import pytest
from aio_pika.exceptions import ChannelNotFoundEntity

from shared import link
from shared.broker import Broker, Subscription
from shared.errors import BrokerUnavailableError, UnroutableError
from shared.intake import Intake
from shared.messages import JobExpanded
from shared.outgoing import Outgoing, command, event
from shared.topology import COMMANDS, EVENTS, Queue, listener_queue, work_queue
from tests.builders import collect
from tests.cable import Cable
from tests.integration.shared.conftest import OpenBroker
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

KEY = "a.key"
QUEUE = work_queue("a.queue", COMMANDS, KEY)
FACTS = work_queue("facts", EVENTS, JobExpanded.TYPE)


def messages(count: int, first: int = 0) -> list[Outgoing]:
    return [command(collect(seq), key=KEY, message_id=f"m-{seq}") for seq in range(first, first + count)]


async def test_confirmed_messages_are_in_the_queue(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    """More than are under way at a time."""
    broker = await open_broker(QUEUE)
    await broker.publish(messages(1_200))
    assert await rabbit.ready(QUEUE) == 1_200


async def test_message_says_what_it_is_and_survives_a_restart(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    broker = await open_broker(FACTS)
    await broker.publish([event(JobExpanded(job_id="a-job", total_items=3), message_id="m-1")])
    taken = await rabbit.take(FACTS)
    assert taken is not None
    assert (taken.type, taken.message_id, taken.correlation_id) == (JobExpanded.TYPE, "m-1", "a-job")
    assert (taken.content_type, taken.delivery_mode) == ("application/json", 2)
    assert (taken.headers["cloudEvents:id"], taken.headers["cloudEvents:type"]) == ("m-1", JobExpanded.TYPE)
    assert JobExpanded.model_validate_json(taken.body) == JobExpanded(job_id="a-job", total_items=3)


async def test_command_that_fits_no_queue_is_told(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    broker = await open_broker(QUEUE)
    lost = command(collect(9), key="nobody.takes.this")
    with pytest.raises(UnroutableError, match=r"nobody\.takes\.this"):
        await broker.publish([*messages(2), lost, *messages(2, first=2)])
    assert await rabbit.ready(QUEUE) == 4
    await broker.publish(messages(1))
    assert await rabbit.ready(QUEUE) == 5


async def test_event_for_nobody_is_no_error(open_broker: OpenBroker) -> None:
    broker = await open_broker()
    await broker.publish([event(JobExpanded(job_id="a-job", total_items=3))])
    with pytest.raises(UnroutableError):
        await broker.publish([event(JobExpanded(job_id="a-job", total_items=3), mandatory=True)])


async def test_refused_message_is_not_taken_for_confirmed(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    full = replace(QUEUE, arguments={**QUEUE.arguments, "x-max-length": 1})
    broker = await open_broker(full)

    confirmed = 0

    async def until_refused() -> None:
        nonlocal confirmed
        for _ in range(200):  # the queue notices a little late that it is full
            await broker.publish(messages(1))
            confirmed += 1

    with pytest.raises(BrokerUnavailableError, match="refused"):
        await until_refused()
    assert await rabbit.ready(full) == confirmed


async def test_publishing_without_connection_fails_at_once(open_broker: OpenBroker, cable: Cable) -> None:
    broker = await open_broker(QUEUE, url=cable.url)
    cable.cut()
    await eventually(lambda: not broker.connected)
    began = time.monotonic()
    with pytest.raises(BrokerUnavailableError):
        await broker.publish(messages(1))
    assert time.monotonic() - began < 0.5
    assert broker.disconnected_seconds > 0


async def test_unconfirmed_messages_fail_when_the_connection_breaks(open_broker: OpenBroker, cable: Cable) -> None:
    broker = await open_broker(QUEUE, url=cable.url)
    cable.freeze()
    publishing = asyncio.create_task(broker.publish(messages(600)))
    await asyncio.wait([publishing], timeout=0.2)
    assert not publishing.done()
    cable.cut()
    with pytest.raises(BrokerUnavailableError):
        await asyncio.wait_for(publishing, 2.0)


@pytest.mark.parametrize("reason", [None, asyncio.CancelledError])
async def test_channel_that_ends_without_an_error_is_a_lost_connection(
    open_broker: OpenBroker, cable: Cable, reason: type[BaseException] | None
) -> None:
    """aiormq then ends what waits on it with a bare Exception, or cancels it, which is nobody's bug or wish."""
    broker = await open_broker(QUEUE, url=cable.url)
    cable.freeze()
    publishing = asyncio.create_task(broker.publish(messages(1)))
    await asyncio.wait([publishing], timeout=0.1)
    assert broker._channel is not None
    await broker._channel._cancel_tasks(reason)
    with pytest.raises(BrokerUnavailableError):
        await publishing
    await eventually(lambda: not broker.connected)
    cable.mend()
    await asyncio.wait_for(broker.wait_connected(), 10.0)
    await broker.publish(messages(1))


async def test_connection_comes_back_and_consumes_again(open_broker: OpenBroker, cable: Cable) -> None:
    broker = await open_broker(QUEUE, url=cable.url)
    intake = Intake(broker, QUEUE, 10)
    for lap in range(3):
        await broker.publish(messages(1, first=lap))
        await eventually(lambda: _heard(intake, f"m-{lap}"))  # noqa: B023  awaited within the lap
        cable.cut()
        await eventually(lambda: not broker.connected)
        cable.mend()
        await asyncio.wait_for(broker.wait_connected(), 10.0)
    assert cable.connections == 2 * 4  # one to publish and one to consume, each time
    assert broker.disconnected_seconds == 0


async def _heard(intake: Intake, message_id: str) -> bool:
    """Whether it comes next; what a broken connection left unacknowledged comes before it."""
    [delivery] = await asyncio.wait_for(intake.batch(1, 0), 5.0)
    delivery.done()
    return delivery.message_id == message_id


async def _declared(rabbit: Rabbit, queue: Queue) -> bool:
    try:
        await rabbit.ready(queue)
    except ChannelNotFoundEntity:
        return False
    return True


async def test_broker_that_starts_late_is_found(cable: Cable) -> None:
    cable.cut()
    async with Broker(cable.url, "late", queues=[QUEUE]) as broker:
        with pytest.raises(BrokerUnavailableError):
            await broker.publish(messages(1))
        cable.mend()
        await asyncio.wait_for(broker.wait_connected(), 10.0)
        await broker.publish(messages(1))


async def test_deleted_queue_is_made_again(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    """Its consumer is cancelled by the broker, which closes no channel. (RabbitMQ 3.10 cannot declare a quorum queue
    right after it was deleted.)"""
    queue = Queue(QUEUE.name, QUEUE.bindings)
    broker = await open_broker()
    intake = Intake(broker, queue, 10)
    await eventually(lambda: _declared(rabbit, queue))
    await rabbit.delete(queue)
    await eventually(lambda: not broker.connected)
    await asyncio.wait_for(broker.wait_connected(), 10.0)
    await broker.publish(messages(1))
    assert [d.message_id for d in await asyncio.wait_for(intake.batch(1, 0), 5.0)] == ["m-0"]


async def test_bindings_that_vanished_are_made_again(
    open_broker: OpenBroker, rabbit: Rabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with an exchange that was deleted and is there again before its consumer has noticed."""
    monkeypatch.setattr("shared.broker.DECLARE_SECONDS", 0.1)
    broker = await open_broker()
    intake = Intake(broker, QUEUE, 10)
    await eventually(lambda: _declared(rabbit, QUEUE))
    await rabbit.unbind(QUEUE)

    async def arrives() -> bool:
        try:
            await broker.publish(messages(1))
        except UnroutableError:
            return False
        return True

    assert await eventually(arrives)
    assert [d.message_id for d in await asyncio.wait_for(intake.batch(1, 0), 5.0)] == ["m-0"]
    assert broker.connected


async def test_deliveries_of_a_broken_connection_come_again(open_broker: OpenBroker, cable: Cable) -> None:
    broker = await open_broker(QUEUE, url=cable.url)
    intake = Intake(broker, QUEUE, 10)
    await broker.publish(messages(3))
    first = await asyncio.wait_for(intake.batch(3, 1.0), 5.0)
    first[1].done()
    await eventually(lambda: intake.unfinished == 2)
    cable.cut()
    await eventually(lambda: all(delivery.stale for delivery in first))
    cable.mend()
    again = await asyncio.wait_for(intake.batch(3, 1.0), 10.0)
    # The acknowledgement in the middle waits for the first one: a connection that breaks before it loses it.
    assert {delivery.message_id for delivery in again} >= {"m-0", "m-2"}
    assert all(delivery.redelivered for delivery in again)


async def test_listener_gets_a_queue_of_its_own_each_time(open_broker: OpenBroker, cable: Cable) -> None:
    """The broker may not have noticed yet that the last connection is gone, and the queue with it."""
    broker = await open_broker(url=cable.url)
    intakes = [Intake(broker, listener_queue("live", JobExpanded.TYPE), 10) for _ in range(2)]
    outside = await open_broker()

    async def told() -> bool:
        await outside.publish([event(JobExpanded(job_id="a-job", total_items=1))])
        heard = await asyncio.wait([asyncio.create_task(intake.batch(1, 0)) for intake in intakes], timeout=0.5)
        for task in heard[1]:
            task.cancel()
        return len(heard[0]) == 2

    assert await eventually(told)
    cable.cut()
    await eventually(lambda: not broker.connected)
    cable.mend()
    await asyncio.wait_for(broker.wait_connected(), 10.0)
    assert await eventually(told)


async def test_whatever_ends_a_connection_the_next_one_is_made(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    """Also an error that nobody foresaw: a process without a connection would live on and do nothing."""
    broker = await open_broker()
    opened: list[str] = []

    async def fail_once(_channel: object, name: str) -> None:
        opened.append(name)
        if len(opened) == 1:
            raise ValueError("nobody foresaw this")

    broker.subscribe(Subscription(QUEUE, 1, fail_once, lambda: None))
    await eventually(lambda: len(opened) == 2)
    await asyncio.wait_for(broker.wait_connected(), 10.0)
    await broker.publish(messages(1))
    assert await rabbit.ready(QUEUE) == 1


async def test_retry_queue_that_was_deleted_is_made_again_by_who_needs_it(
    open_broker: OpenBroker, rabbit: Rabbit
) -> None:
    """Nobody consumes from it, so that nobody is told that it is gone."""
    waiting = Queue("waiting", ((COMMANDS, "wait"),))
    broker = await open_broker(waiting)
    await rabbit.delete(waiting)
    with pytest.raises(UnroutableError):
        await broker.publish([command(collect(1), key="wait")])
    await broker.publish([command(collect(1), key="wait")])
    assert await rabbit.ready(waiting) == 1


async def test_half_open_connection_is_given_up(open_broker: OpenBroker, cable: Cable) -> None:
    """Nothing arrives any more and nothing breaks: only the missing heartbeats tell."""
    broker = await open_broker(QUEUE, url=f"{cable.url}?heartbeat=1")
    cable.freeze()
    await eventually(lambda: not broker.connected, 15.0)
    cable.mend()
    await asyncio.wait_for(broker.wait_connected(), 15.0)
    await broker.publish(messages(1))


async def test_connection_that_is_given_up_amid_a_question_comes_back(
    open_broker: OpenBroker, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiormq cancels what waits for an answer of a channel that it gives up: nobody asked this process to stop."""
    monkeypatch.setattr("shared.broker.DECLARE_SECONDS", 0.1)
    channels: list[aiormq.Channel] = []
    asked = asyncio.Event()
    declare = link.declare_queue

    async def declare_queue(channel: aiormq.Channel, queue: Queue) -> None:
        asked.set()
        await declare(channel, queue)

    async def opened(channel: aiormq.Channel, _name: str) -> None:
        channels.append(channel)

    broker = await open_broker(QUEUE, url=cable.url)
    broker.subscribe(Subscription(QUEUE, 1, opened, lambda: None))
    await eventually(lambda: len(channels) == 1)
    cable.freeze()
    monkeypatch.setattr(link, "declare_queue", declare_queue)
    await asyncio.wait_for(asked.wait(), 5.0)
    await channels[0]._cancel_tasks(asyncio.CancelledError)
    await eventually(lambda: not broker.connected)
    cable.mend()
    await eventually(lambda: len(channels) == 2)
    await asyncio.wait_for(broker.wait_connected(), 10.0)
    await broker.publish(messages(1))


async def test_leaving_ends_also_when_a_cancellation_gets_lost(cable: Cable) -> None:
    """As `asyncio.wait_for` loses one that comes in the moment in which its work is done."""
    cable.cut()

    class Deaf(Broker):
        lost = 0

        async def _session(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.lost += 1
                if self.lost > 1:
                    raise

    broker = Deaf(cable.url, "deaf")
    async with asyncio.timeout(15.0):
        async with broker:
            await asyncio.sleep(0)
    assert broker.lost == 2
