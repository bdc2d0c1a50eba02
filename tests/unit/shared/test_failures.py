"""A message that could not be handled is safe elsewhere before it is acknowledged, with what is to be known of it."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from shared import failures as reasons
from shared.errors import (
    BlockedError,
    BrokerUnavailableError,
    DatabaseUnavailableError,
    DecodeError,
    PermanentError,
    RetryableError,
    name_part,
)
from shared.failures import MESSAGE_LIMIT, TRACEBACK_LIMIT, FailurePolicy, safety_queues
from shared.intake import ATTEMPT_HEADER, Delivery
from shared.retry import DELAYS
from shared.topology import COMMANDS, DEAD, DEAD_LETTERS, retry_exchange, work_queue
from tests.builders import delivery
from tests.fakes import FakeBroker, FakeChannel

QUEUE = work_queue("a.queue", COMMANDS, "a.key")


class Settling:
    def __init__(self, max_attempts: int = 3) -> None:
        self.broker = FakeBroker()
        self.channel = FakeChannel()
        self.policy = FailurePolicy(self.broker, max_attempts=max_attempts, jitter=random.Random(1))

    def delivery(self, attempt: int = 1, **headers: Any) -> Delivery:
        return delivery(b"body", headers={ATTEMPT_HEADER: attempt, **headers}, channel=self.channel)


@pytest.fixture
def settling() -> Settling:
    return Settling()


async def test_retried_message_waits_in_the_queue_of_its_delay(settling: Settling) -> None:
    failed = settling.delivery(attempt=2)
    await settling.policy.settle(QUEUE, failed, RetryableError("not now", retry_after=12.0))
    [again] = settling.broker.published
    assert (again.exchange, again.key, again.mandatory) == (retry_exchange(13), QUEUE.name, True)
    assert (again.body, again.type, again.message_id) == (b"body", failed.type, failed.message_id)
    assert again.headers[ATTEMPT_HEADER] == 3
    assert settling.channel.acknowledged(failed)


@pytest.mark.parametrize(
    "error", [BlockedError("slow down", retry_after=1.0), BrokerUnavailableError("x"), DatabaseUnavailableError("x")]
)
async def test_delay_that_is_nobodys_fault_is_no_attempt(settling: Settling, error: Exception) -> None:
    await settling.policy.settle(QUEUE, settling.delivery(attempt=3), error)
    assert settling.broker.published[0].headers[ATTEMPT_HEADER] == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DecodeError("not JSON"), "malformed_message"),
        (PermanentError("gone", code="not_found"), "not_found"),
        (RetryableError("still not", code="timeout"), "timeout"),
        (ZeroDivisionError("a bug"), "bug"),
    ],
)
async def test_dead_message_carries_its_reason(settling: Settling, error: Exception, code: str) -> None:
    failed = settling.delivery(attempt=3)
    await settling.policy.settle(QUEUE, failed, error)
    [dead] = settling.broker.published
    assert (dead.exchange, dead.message_id, dead.mandatory) == (DEAD, failed.message_id, True)
    assert dead.headers[reasons.ERROR_CODE] == code
    assert dead.headers[reasons.ERROR_CLASS] == type(error).__name__
    assert dead.headers[reasons.ERROR_MESSAGE] == str(error)
    assert dead.headers[reasons.FAILED_QUEUE] == QUEUE.name
    assert dead.headers[ATTEMPT_HEADER] == 3
    at = datetime.fromisoformat(str(dead.headers[reasons.FAILED_AT]))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert settling.channel.acknowledged(failed)


def at_part(part: str, error: Exception) -> Exception:
    name_part(error, part)
    return error


async def test_attempts_count_for_each_part_by_itself(settling: Settling) -> None:
    headers: dict[str, Any] = {ATTEMPT_HEADER: 1}
    busy = RetryableError("busy")
    errors = [
        at_part("page 1", busy),
        at_part("page 1", RetryableError("busy")),
        at_part("page 4", ZeroDivisionError()),
    ]
    for error in [*errors, ValueError("elsewhere"), at_part("page 4", BlockedError("slow down"))]:
        await settling.policy.settle(QUEUE, delivery(b"body", headers=headers, channel=settling.channel), error)
        headers = dict(settling.broker.published[-1].headers)
    told = [(m.headers[ATTEMPT_HEADER], m.headers.get(reasons.ATTEMPT_PART)) for m in settling.broker.published]
    assert told == [(2, "page 1"), (3, "page 1"), (2, "page 4"), (2, None), (2, None)]


@pytest.mark.parametrize(("part", "final"), [("page 1", True), ("page 2", False)])
async def test_last_attempt_is_the_last_of_its_part(settling: Settling, part: str, final: bool) -> None:
    failed = settling.delivery(attempt=3, **{reasons.ATTEMPT_PART: "page 1"})
    assert settling.policy.final(failed, at_part(part, RetryableError("busy"))) is final


async def test_message_that_could_be_put_nowhere_is_not_acknowledged(settling: Settling) -> None:
    settling.broker.down = True
    failed = settling.delivery()
    for error in (PermanentError("gone"), RetryableError("not now")):
        with pytest.raises(BrokerUnavailableError):
            await settling.policy.settle(QUEUE, failed, error)
    assert not settling.channel.acknowledged(failed)


async def test_headers_never_outgrow_the_brokers_frame(settling: Settling) -> None:
    await settling.policy.settle(QUEUE, settling.delivery(attempt=3), RetryableError("説明" * 50_000))
    [dead] = settling.broker.published
    assert len(str(dead.headers[reasons.ERROR_MESSAGE])) <= MESSAGE_LIMIT
    assert len(str(dead.headers[reasons.ERROR_TRACEBACK])) <= TRACEBACK_LIMIT
    assert sum(len(str(value).encode()) for value in dead.headers.values()) < 100_000


async def test_history_of_the_broker_is_not_carried_on(settling: Settling) -> None:
    history: dict[str, Any] = {"x-death": [{"count": 1}], "x-death-reason": "expired", "cloudEvents:id": "m-1"}
    failed = settling.delivery(**history, traceparent="00-1")
    await settling.policy.settle(QUEUE, failed, RetryableError("not now"))
    assert settling.broker.published[0].headers == {ATTEMPT_HEADER: 2, "traceparent": "00-1"}


@pytest.mark.parametrize(
    ("error", "attempt", "final"),
    [
        (RetryableError("not now"), 2, False),
        (RetryableError("not now"), 3, True),
        (BlockedError("slow down"), 99, False),
        (PermanentError("gone"), 1, True),
        (ZeroDivisionError(), 2, False),
        (ZeroDivisionError(), 3, True),
    ],
)
def test_end_of_attempts_is_known_beforehand(settling: Settling, error: Exception, attempt: int, final: bool) -> None:
    assert settling.policy.final(settling.delivery(attempt), error) is final


def test_every_delay_has_its_queue_and_the_dead_theirs() -> None:
    queues = safety_queues()
    assert DEAD_LETTERS in queues
    bound = {exchange.name for queue in queues for exchange, _ in queue.bindings}
    assert {retry_exchange(delay).name for delay in DELAYS} <= bound
