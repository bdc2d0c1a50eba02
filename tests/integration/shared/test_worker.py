"""A message is acknowledged once its effects are durable; one that cannot be handled goes its own way, alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from shared import failures as reasons
from shared.errors import DatabaseUnavailableError, PermanentError, RetryableError
from shared.failures import FailurePolicy, safety_queues
from shared.intake import ATTEMPT_HEADER
from shared.messages import CollectItem, JobExpanded
from shared.outgoing import command, event
from shared.topology import COMMANDS, DEAD_LETTERS, DELIVERY_LIMIT, EVENTS, work_queue
from shared.worker import Received, Worker
from tests.builders import collect
from tests.cable import Cable
from tests.integration.shared.conftest import OpenBroker
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

KEY = "a.key"
QUEUE = work_queue("a.queue", COMMANDS, KEY)
Handle = Callable[[Sequence[Received[CollectItem]]], Awaitable[None]]
Working = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def working(open_broker: OpenBroker) -> Working:
    @contextlib.asynccontextmanager
    async def working(
        handle: Handle, *, max_attempts: int = 3, batch_items: int = 1, url: str = ""
    ) -> AsyncIterator[None]:
        broker = await open_broker(*safety_queues(), QUEUE, **({"url": url} if url else {}))
        policy = FailurePolicy(broker, max_attempts=max_attempts)
        worker = Worker(broker, QUEUE, [CollectItem], handle, policy, batch_items=batch_items, batch_seconds=0.05)
        task = asyncio.create_task(worker.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return working


class Handler:
    """Notes what it handles, batch by batch; `does` decides what happens to each message."""

    def __init__(self, does: Callable[[Received[CollectItem]], Awaitable[None]] | None = None) -> None:
        self._does = does
        self.batches: list[list[int]] = []
        self.received: list[Received[CollectItem]] = []

    async def __call__(self, batch: Sequence[Received[CollectItem]]) -> None:
        self.batches.append([received.message.seq for received in batch])
        self.received.extend(batch)
        for received in batch:
            if self._does is not None:
                await self._does(received)

    @property
    def seqs(self) -> list[int]:
        return [seq for batch in self.batches for seq in batch]


def failing(error: Exception, *seqs: int, times: int = 99) -> Handler:
    """Fails on these messages, so many times each."""
    left = dict.fromkeys(seqs, times)

    async def does(received: Received[CollectItem]) -> None:
        if left.get(received.message.seq, 0) > 0:
            left[received.message.seq] -= 1
            raise error

    return Handler(does)


async def send(open_broker: OpenBroker, count: int) -> None:
    broker = await open_broker(*safety_queues(), QUEUE)
    await broker.publish([command(collect(seq), key=KEY, message_id=f"m-{seq}") for seq in range(count)])


async def test_message_is_acknowledged_after_its_handler(
    open_broker: OpenBroker, working: Working, rabbit: Rabbit
) -> None:
    gate = asyncio.Event()
    slow, quick = Handler(lambda _: _wait(gate)), Handler()
    await send(open_broker, 1)
    async with working(slow):
        await eventually(lambda: slow.seqs == [0])
    await eventually(lambda: rabbit.ready(QUEUE))
    async with working(quick):
        await eventually(lambda: quick.seqs == [0])
    assert quick.received[0].delivery.redelivered
    assert await rabbit.ready(QUEUE) == 0


async def _wait(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_cancelled_worker_gives_back_what_it_held(
    open_broker: OpenBroker, working: Working, rabbit: Rabbit
) -> None:
    """The message in hand and those that were only buffered, at once and with their attempts as they were."""
    stuck, other = Handler(lambda _: _wait(asyncio.Event())), Handler()
    await send(open_broker, 10)
    async with working(stuck):
        await eventually(lambda: stuck.seqs == [0])
    await eventually(lambda: _holds(rabbit, 10))
    async with working(other):
        await eventually(lambda: sorted(other.seqs) == list(range(10)))
    assert {received.delivery.attempt for received in other.received} == {1}


async def test_work_goes_on_after_the_connection_broke(open_broker: OpenBroker, working: Working, cable: Cable) -> None:
    handler = Handler()
    async with working(handler, url=cable.url):
        await send(open_broker, 20)
        await eventually(lambda: 0 in handler.seqs)
        cable.cut()
        await send(open_broker, 30)
        cable.mend()
        await eventually(lambda: set(handler.seqs) == set(range(30)))


@pytest.mark.parametrize(
    ("body", "message_type", "code"),
    [
        (b"{", CollectItem.TYPE, "malformed_message"),
        (collect(0).encode(), "nobody.knows.v9", "unknown_message_type"),
        (b'"' + b"x" * 1_000_001 + b'"', CollectItem.TYPE, "oversized_message"),
    ],
)
async def test_poison_is_dead_once_with_its_reason(
    open_broker: OpenBroker, working: Working, rabbit: Rabbit, body: bytes, message_type: str, code: str
) -> None:
    handler = Handler()
    await send(open_broker, 1)
    await rabbit.put(QUEUE, body, message_type, message_id="poison")
    await rabbit.put(QUEUE, collect(5).encode(), CollectItem.TYPE)
    async with working(handler, batch_items=10):
        await eventually(lambda: sorted(handler.seqs) == [0, 5])
        await eventually(lambda: rabbit.ready(DEAD_LETTERS))
    [letter] = await rabbit.take_all(DEAD_LETTERS)
    assert (letter.message_id, letter.body, letter.type) == ("poison", body, message_type)
    assert (letter.headers[reasons.ERROR_CODE], letter.headers[reasons.FAILED_QUEUE]) == (code, QUEUE.name)
    assert await rabbit.ready(QUEUE) == 0


async def test_bad_message_touches_no_other_of_its_batch(
    open_broker: OpenBroker, working: Working, rabbit: Rabbit
) -> None:
    handler = failing(PermanentError("no such thing", code="gone"), 4)
    await send(open_broker, 10)
    async with working(handler, batch_items=10):
        await eventually(lambda: rabbit.ready(DEAD_LETTERS))
        await eventually(lambda: set(handler.seqs) == set(range(10)))
    [letter] = await rabbit.take_all(DEAD_LETTERS)
    assert (letter.message_id, letter.headers[reasons.ERROR_CODE]) == ("m-4", "gone")
    assert letter.headers[reasons.ERROR_MESSAGE] == "no such thing"
    assert await rabbit.ready(QUEUE) == 0


async def test_bug_is_dead_after_its_attempts_with_traceback(
    open_broker: OpenBroker, working: Working, rabbit: Rabbit
) -> None:
    async with working(failing(ZeroDivisionError("a bug"), 0), max_attempts=1):
        await send(open_broker, 1)
        await eventually(lambda: rabbit.ready(DEAD_LETTERS))
    [letter] = await rabbit.take_all(DEAD_LETTERS)
    assert (letter.headers[reasons.ERROR_CODE], letter.headers[reasons.ERROR_CLASS]) == ("bug", "ZeroDivisionError")
    assert "in does" in str(letter.headers[reasons.ERROR_TRACEBACK])


async def test_retried_message_returns_to_its_queue_alone(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    """An event has many listeners; only the one that failed hears it again, one attempt later."""
    here, elsewhere = work_queue("here", EVENTS, JobExpanded.TYPE), work_queue("elsewhere", EVENTS, JobExpanded.TYPE)
    broker = await open_broker(*safety_queues(), here, elsewhere)
    attempts: list[tuple[int, str]] = []

    async def handle(batch: Sequence[Received[JobExpanded]]) -> None:
        delivery = batch[0].delivery
        attempts.append((delivery.attempt, delivery.message_id))
        if len(attempts) < 2:
            raise RetryableError("not now", retry_after=0.5)

    worker = Worker(broker, here, [JobExpanded], handle, FailurePolicy(broker, max_attempts=3))
    task = asyncio.create_task(worker.run())
    await broker.publish([event(JobExpanded(job_id="a-job", total_items=1), message_id="m-1")])
    await eventually(lambda: len(attempts) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert attempts == [(1, "m-1"), (2, "m-1")]
    assert [letter.headers.get(ATTEMPT_HEADER) for letter in await rabbit.take_all(elsewhere)] == [None]
    assert (await rabbit.ready(here), await rabbit.ready(DEAD_LETTERS)) == (0, 0)


async def test_outage_is_waited_out_in_place(open_broker: OpenBroker, working: Working, rabbit: Rabbit) -> None:
    handler = failing(DatabaseUnavailableError("gone"), 0, times=2)
    async with working(handler, max_attempts=1):
        await send(open_broker, 1)
        await eventually(lambda: handler.seqs == [0, 0, 0])
    assert {received.delivery.attempt for received in handler.received} == {1}
    assert (await rabbit.ready(DEAD_LETTERS), await rabbit.ready(QUEUE)) == (0, 0)


async def test_message_that_kills_its_consumers_is_stopped(open_broker: OpenBroker, rabbit: Rabbit) -> None:
    await send(open_broker, 1)
    for _ in range(DELIVERY_LIMIT + 1):
        await rabbit.drop(QUEUE)
        await eventually(lambda: _settled(rabbit))
    await eventually(lambda: rabbit.ready(DEAD_LETTERS))
    [letter] = await rabbit.take_all(DEAD_LETTERS)
    deaths = letter.headers["x-death"]
    assert isinstance(deaths, list)
    assert [(death["queue"], death["reason"]) for death in deaths if isinstance(death, dict)] == [
        (QUEUE.name, "delivery_limit")
    ]
    assert await rabbit.ready(QUEUE) == 0


async def _holds(rabbit: Rabbit, count: int) -> bool:
    return await rabbit.ready(QUEUE) == count


async def _settled(rabbit: Rabbit) -> bool:
    """Whether the message that was dropped is to be had again, here or among the dead."""
    return await rabbit.ready(QUEUE) + await rabbit.ready(DEAD_LETTERS) == 1
