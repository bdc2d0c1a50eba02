"""A message that could not be handled: tried again later, or given to the failure store with its reason."""

from __future__ import annotations

import random
import traceback
from datetime import UTC, datetime

from shared import metrics
from shared.broker import Broker
from shared.clock import Clock, SystemClock
from shared.errors import DecodeError, part_of
from shared.flood import Brake
from shared.ids import new_id
from shared.intake import ATTEMPT_HEADER, Delivery
from shared.log import get_logger
from shared.masking import mask
from shared.outgoing import Header, Outgoing
from shared.patience import until_back
from shared.retry import DELAYS, Decision, RetryAfter, decide
from shared.topology import DEAD, DEAD_LETTERS, Exchange, Queue, retry_exchange, retry_queue

log = get_logger(__name__)

# Headers that tell the failure store why; texts are cut so that a header frame never grows past the broker's limit.
ERROR_CODE = "x-error-code"
ERROR_CLASS = "x-error-class"
ERROR_MESSAGE = "x-error-message"
ERROR_TRACEBACK = "x-error-traceback"
FAILED_QUEUE = "x-failed-queue"
FAILED_AT = "x-failed-at"
# Which part of what a message asks for the attempts that it tells were made at; absent where it is done as a whole.
ATTEMPT_PART = "x-attempt-part"
# What a message that was sent again from the failure store brings along, should it end there once more.
RETRIES = "x-failure-retries"
FIRST_FAILED_AT = "x-first-failed-at"
REASON_HEADERS = frozenset({ERROR_CODE, ERROR_CLASS, ERROR_MESSAGE, ERROR_TRACEBACK, FAILED_QUEUE, FAILED_AT})
MESSAGE_LIMIT = 1_000
TRACEBACK_LIMIT = 8_000


def safety_queues() -> list[Queue]:
    """Retry queues and dead letters: every consumer declares them before it may need them."""
    return [*(retry_queue(seconds) for seconds in DELAYS), DEAD_LETTERS]


class FailurePolicy:
    """Carries out what `shared.retry.decide` says; acknowledges only once the message is safe elsewhere."""

    def __init__(
        self, broker: Broker, *, max_attempts: int, jitter: random.Random | None = None, clock: Clock | None = None
    ) -> None:
        self._broker = broker
        self._max_attempts = max_attempts
        self._jitter = jitter or random.Random()
        self._clock = clock or SystemClock()
        self._brakes: dict[str, Brake] = {}

    def decide(self, delivery: Delivery, error: BaseException) -> Decision:
        """What becomes of this delivery; the wait before another attempt is drawn anew each time."""
        return decide(error, attempt_at(delivery, error), self._max_attempts, self._jitter)

    def final(self, delivery: Delivery, error: BaseException) -> bool:
        """Whether `error` on this delivery is the end of its attempts."""
        return not isinstance(self.decide(delivery, error), RetryAfter)

    def brake(self, queue: Queue) -> Brake:
        """What slows the failures of this queue in this process; whoever finishes messages tells it of successes."""
        if queue.name not in self._brakes:
            self._brakes[queue.name] = Brake(queue.name, self._clock)
        return self._brakes[queue.name]

    async def hold_back(self, queue: Queue, delivery: Delivery, error: BaseException) -> None:
        """Return when a delivery that failed for good may be given up: later, while nearly everything fails."""
        if self.final(delivery, error):
            await self.brake(queue).failed(readable=not isinstance(error, DecodeError))

    async def settle_in_time(self, queue: Queue, delivery: Delivery, error: BaseException) -> None:
        """Settle, waiting for the broker as long as it takes, unless the delivery has gone back to it meanwhile."""
        await self.hold_back(queue, delivery, error)
        async for attempt in until_back():
            with attempt:
                if not delivery.stale:
                    await self.settle(queue, delivery, error)

    async def settle(
        self, queue: Queue, delivery: Delivery, error: BaseException, decision: Decision | None = None
    ) -> None:
        """Do what `decide` said, or says now.

        Raises BrokerUnavailableError when the message could be put nowhere; then it is still unacknowledged.
        """
        decision = decision or self.decide(delivery, error)
        if isinstance(decision, RetryAfter):
            await self._broker.publish([_again(queue, delivery, error, decision)])
            outcome = "retry"
        else:
            await self._broker.publish([_dead(queue, delivery, error, decision.code)])
            outcome = "dead"
        delivery.done()
        metrics.settled(queue.name, [delivery], outcome)
        log.warning(
            "message_failed",
            outcome=outcome,
            queue=queue.name,
            message_id=delivery.message_id,
            correlation_id=delivery.correlation_id,
            attempt=attempt_at(delivery, error),
            error=mask(str(error)),
            error_class=type(error).__name__,
            exc_info=error if getattr(decision, "code", "") == "bug" else None,
        )


def attempt_at(delivery: Delivery, error: BaseException) -> int:
    """Which attempt has failed with `error`, from 1: the first, where those before were made at another part."""
    return delivery.attempt if delivery.headers.get(ATTEMPT_PART) in (None, part_of(error)) else 1


def _again(queue: Queue, delivery: Delivery, error: BaseException, decision: RetryAfter) -> Outgoing:
    headers: dict[str, Header] = {**_ours(delivery), ATTEMPT_HEADER: delivery.attempt}
    if decision.counts:
        headers[ATTEMPT_HEADER] = attempt_at(delivery, error) + 1
        headers.pop(ATTEMPT_PART, None)
        if (part := part_of(error)) is not None:
            headers[ATTEMPT_PART] = part
    return _copy(delivery, retry_exchange(decision.seconds), queue.name, headers)


def _dead(queue: Queue, delivery: Delivery, error: BaseException, code: str) -> Outgoing:
    trace = "".join(traceback.format_exception(error))
    headers: dict[str, Header] = {
        **_ours(delivery),
        ERROR_CODE: code,
        ERROR_CLASS: type(error).__name__,
        ERROR_MESSAGE: mask(str(error))[:MESSAGE_LIMIT],
        ERROR_TRACEBACK: mask(trace)[-TRACEBACK_LIMIT:],
        FAILED_QUEUE: queue.name,
        FAILED_AT: datetime.now(UTC).isoformat(),
    }
    return _copy(delivery, DEAD, "", headers)


def _copy(delivery: Delivery, exchange: Exchange, key: str, headers: dict[str, Header]) -> Outgoing:
    return Outgoing(
        exchange,
        key,
        delivery.body,
        delivery.type or "unknown",
        delivery.correlation_id,
        delivery.message_id or new_id(),
        headers,
    )


def _ours(delivery: Delivery) -> dict[str, Header]:
    """The headers worth carrying on: simple values, without the broker's own history."""
    return {
        name: value
        for name, value in delivery.headers.items()
        if isinstance(value, str | int | float | bool) and not name.startswith(("x-death", "cloudEvents:"))
    }
