"""The loop around a handler: take a batch, decode, handle, acknowledge; the failure policy settles the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from shared import metrics, tracing
from shared.broker import Broker
from shared.errors import DecodeError
from shared.failures import FailurePolicy
from shared.intake import Delivery, Intake
from shared.log import bound, get_logger
from shared.messages import Message
from shared.patience import until_back
from shared.topology import Queue

log = get_logger(__name__)

MAX_MESSAGE_BYTES = 1_000_000

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Received(Generic[M]):
    """A decoded message with the delivery it came in."""

    message: M
    delivery: Delivery


Handler = Callable[[Sequence[Received[M]]], Awaitable[None]]


def decode(delivery: Delivery, models: Sequence[type[M]]) -> M:
    """Raises DecodeError that says what is wrong with it."""
    if len(delivery.body) > MAX_MESSAGE_BYTES:
        raise DecodeError(f"{len(delivery.body)} bytes are more than {MAX_MESSAGE_BYTES}", code="oversized_message")
    for model in models:
        if delivery.type == model.TYPE:
            try:
                return model.model_validate_json(delivery.body)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"])) or "body"
                raise DecodeError(f"not a {model.TYPE}: {place}: {first['msg']}") from error
    raise DecodeError(f"unknown message type {delivery.type!r}", code="unknown_message_type")


class Worker(Generic[M]):
    """Runs one handler over one queue; the handler returns when the effects of the whole batch are durable."""

    def __init__(
        self,
        broker: Broker,
        queue: Queue,
        models: Sequence[type[M]],
        handle: Handler[M],
        failures: FailurePolicy,
        *,
        prefetch: int = 100,
        batch_items: int = 1,
        batch_seconds: float = 0.0,
        concurrency: int = 1,
    ) -> None:
        self._queue = queue
        self._models = models
        self._handle = handle
        self._failures = failures
        self._batch_items = batch_items
        self._batch_seconds = batch_seconds
        self._gather_seconds: float | None = None
        self._patient: frozenset[str] | None = None
        self._concurrency = concurrency
        # Where one message takes long, those that others have finished meanwhile are acknowledged at once.
        self._intake = Intake(broker, queue, prefetch, held_acks=0 if concurrency > 1 else None)

    def gather(self, seconds: float, *types: str) -> None:
        """Messages of these types wait so long for a batch of their own to fill; all others are handled meanwhile.

        To be said before the broker is connected.
        """
        self._gather_seconds = seconds
        self._intake.set_apart(*types)

    def linger(self, *types: str) -> None:
        """Of what is not gathered, only messages of these types wait for a batch to fill; any other is handled at
        once, with those that wait."""
        self._patient = frozenset(types)

    async def run(self) -> None:
        """Until cancelled; then what is in hand is dropped unacknowledged, which redelivers it."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._concurrency):
                    group.create_task(self._loop(self._batch_seconds), name=f"{self._queue.name}-{number}")
                if self._gather_seconds is not None:
                    gathering = self._loop(self._gather_seconds, apart=True)
                    group.create_task(gathering, name=f"{self._queue.name}-gathering")
        finally:
            await self._intake.close()

    async def _loop(self, seconds: float, *, apart: bool = False) -> None:
        patient = None if apart else self._patient
        while True:
            deliveries = await self._intake.batch(self._batch_items, seconds, apart=apart, patient=patient)
            batch = [received for delivery in deliveries if (received := await self._decode(delivery))]
            if batch:
                with metrics.BATCH_SECONDS.labels(self._queue.name).time():
                    await self._handle_all(batch)

    async def _decode(self, delivery: Delivery) -> Received[M] | None:
        try:
            return Received(decode(delivery, self._models), delivery)
        except DecodeError as error:
            await self._failures.settle_in_time(self._queue, delivery, error)
            return None

    async def _handle_all(self, batch: Sequence[Received[M]]) -> None:
        """Handle together; when that fails for a reason that may be one message's, each by itself."""
        try:
            await self._attempt(batch)
        except Exception as error:  # noqa: BLE001  whatever a handler raises is settled, never dropped
            if len(batch) > 1:
                for received in batch:
                    await self._handle_all([received])
            else:
                await self._failures.settle_in_time(self._queue, batch[0].delivery, error)
            return

    @contextlib.contextmanager
    def _context(self, batch: Sequence[Received[M]]) -> Iterator[None]:
        """What records and traces say of the work; a handler of many messages tells them apart itself."""
        if len(batch) > 1:
            with bound(queue=self._queue.name):
                yield
            return
        [received] = batch
        message, delivery = received.message, received.delivery
        ids = {"job_id": message.job_id, "message_id": delivery.message_id}
        with bound(queue=self._queue.name, **ids), tracing.handling(message.TYPE, delivery.headers, (), **ids):
            yield

    async def _attempt(self, batch: Sequence[Received[M]]) -> None:
        with self._context(batch):
            async for attempt in until_back():
                with attempt:
                    # Redelivered elsewhere meanwhile: whoever has it now will finish it.
                    live = [received for received in batch if not received.delivery.stale]
                    if live:
                        await self._handle(live)
        finished = [received.delivery for received in batch if not received.delivery.stale]
        for delivery in finished:
            delivery.done()
        metrics.settled(self._queue.name, finished, "ok")
        self._failures.brake(self._queue).succeeded(len(finished))
