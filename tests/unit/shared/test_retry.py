"""What follows from each error is one table."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import (
    BlockedError,
    BrokerUnavailableError,
    DatabaseUnavailableError,
    DecodeError,
    PermanentError,
    RetryableError,
    UnroutableError,
)
from shared.retry import BASE_SECONDS, CAP_SECONDS, DELAYS, DeadLetter, RetryAfter, backoff, decide, to_delay

ATTEMPTS = 3
FIRST, LAST = 1, ATTEMPTS


def decided(error: BaseException, attempt: int) -> RetryAfter | DeadLetter:
    return decide(error, attempt, ATTEMPTS, random.Random(1))


@pytest.mark.parametrize("attempt", [FIRST, LAST, 99])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DecodeError("?"), "malformed_message"),
        (DecodeError("?", code="unknown_message_type"), "unknown_message_type"),
        (PermanentError("?", code="not_found"), "not_found"),
    ],
)
def test_hopeless_errors_are_never_tried_again(error: Exception, code: str, attempt: int) -> None:
    assert decided(error, attempt) == DeadLetter(code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RetryableError("?", code="timeout"), "timeout"),
        (UnroutableError("?"), "unroutable"),
        (ZeroDivisionError(), "bug"),
        (KeyError("x"), "bug"),
    ],
)
def test_passing_errors_are_tried_to_the_last_attempt(error: Exception, code: str) -> None:
    for attempt in range(FIRST, LAST):
        decision = decided(error, attempt)
        assert isinstance(decision, RetryAfter)
        assert decision.counts
    assert decided(error, LAST) == DeadLetter(code)


@pytest.mark.parametrize("attempt", [FIRST, LAST, 99])
@pytest.mark.parametrize("error", [BrokerUnavailableError("?"), DatabaseUnavailableError("?")])
def test_outages_delay_without_counting(error: Exception, attempt: int) -> None:
    assert decided(error, attempt) == RetryAfter(1, counts=False)


@pytest.mark.parametrize("attempt", [FIRST, LAST, 99])
def test_blocked_work_is_delayed_without_counting(attempt: int) -> None:
    assert decided(BlockedError("?", retry_after=40.0), attempt) == RetryAfter(60, counts=False)
    assert decided(BlockedError("?"), attempt) == RetryAfter(1, counts=False)


def test_wait_asked_for_is_the_least_wait() -> None:
    assert decided(RetryableError("?", retry_after=16.0), FIRST) == RetryAfter(60)
    assert decided(RetryableError("?", retry_after=1e9), FIRST) == RetryAfter(DELAYS[-1])


@given(st.integers(1, 100), st.integers(0, 2**32))
def test_backoff_lies_between_nothing_and_its_bound(attempt: int, seed: int) -> None:
    bound = BASE_SECONDS * 2 ** min(attempt, 20)
    assert 0.0 <= backoff(attempt, random.Random(seed)) <= min(CAP_SECONDS, bound)


def test_backoff_uses_its_whole_range() -> None:
    jitter = random.Random(7)
    waits = [backoff(3, jitter) for _ in range(500)]
    assert min(waits) < 0.05 * BASE_SECONDS * 8
    assert max(waits) > 0.95 * BASE_SECONDS * 8


@given(st.floats(0, 1e6))
def test_delay_at_least_covers_the_wait(seconds: float) -> None:
    delay = to_delay(seconds, at_least=True)
    assert delay in DELAYS
    assert delay >= min(seconds, DELAYS[-1])
    assert all(shorter < seconds for shorter in DELAYS if shorter < delay)


@given(st.floats(0, 1e6))
def test_delay_is_the_nearest_there_is(seconds: float) -> None:
    delay = to_delay(seconds)
    assert all(abs(delay - seconds) <= abs(other - seconds) for other in DELAYS)
