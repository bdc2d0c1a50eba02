"""Results are written in whole batches, the next while the one before is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.collector.inhand import InHand
from services.collector.recorder import WRITERS, Recorder
from services.collector.results import ItemError, Result
from shared.failures import FailurePolicy
from shared.mongo import Document
from shared.topology import COMMANDS, work_queue
from tests.builders import delivery, task
from tests.fakes import FakeBroker, FakeClock, settle
from tests.waiting import eventually

BATCH = 10


class SlowStore:
    """Keeps outcomes once `goes_on` allows it; `under_way` are the sizes of the batches that wait for it."""

    def __init__(self) -> None:
        self.under_way: list[int] = []
        self.stored: list[str] = []
        self.goes_on = asyncio.Semaphore(0)

    async def upsert_observations(self, new: object) -> dict[str, Document]:
        return {}

    async def find_products(self, observed: object) -> dict[str, Document]:
        return {}

    async def upsert_products(self, results: object, stored: object) -> None:
        return

    async def insert_outcomes(self, documents: Sequence[Document]) -> dict[str, Any]:
        self.under_way.append(len(documents))
        await self.goes_on.acquire()
        self.under_way.remove(len(documents))
        self.stored += [document["_id"] for document in documents]
        return {}


class Recording:
    """A recorder at work over a slow store."""

    def __init__(self) -> None:
        self.store = SlowStore()
        self.in_hand = InHand()
        self.finished: list[int] = []
        broker = FakeBroker()
        queue = work_queue("a.queue", COMMANDS, "a.key")
        self.recorder = Recorder(
            repository=cast("Any", self.store),
            broker=broker,
            failures=FailurePolicy(broker, max_attempts=3),
            analyst=lambda *_: None,
            queue_of=lambda _: queue,
            in_hand=self.in_hand,
            clock=FakeClock(),
            batch_items=BATCH,
            batch_seconds=0.01,
        )

    def add(self, *seqs: int) -> None:
        channel = SimpleNamespace(closed=False, finish=self.finished.append)
        for seq in seqs:
            held = task(seq, of=delivery(tag=seq, channel=cast("Any", channel)))
            assert self.in_hand.take(held, lambda _: None)
            self.recorder.add(Result(held, error=ItemError("gone", "gone", retryable=False)))


@pytest.fixture
async def recording() -> AsyncIterator[Recording]:
    recording = Recording()
    running = asyncio.create_task(recording.recorder.run())
    yield recording
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_next_batch_is_written_while_the_one_before_is_on_its_way(recording: Recording) -> None:
    recording.add(*range(WRITERS * BATCH + 5))
    await settle()
    assert recording.store.under_way == [BATCH] * WRITERS
    recording.store.goes_on.release()
    await eventually(lambda: sorted(recording.store.under_way) == [5, BATCH])
    assert len(recording.finished) == BATCH


async def test_nothing_is_acknowledged_before_it_is_stored(recording: Recording) -> None:
    recording.add(*range(BATCH))
    await settle()
    assert recording.store.under_way == [BATCH]
    assert not recording.finished
    assert not recording.recorder.idle
    recording.store.goes_on.release()
    await recording.recorder.drain()
    assert recording.finished == list(range(BATCH))
    assert len(recording.store.stored) == BATCH
