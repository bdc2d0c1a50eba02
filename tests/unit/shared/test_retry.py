"""What follows from each error is one table."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

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
from shared.retry import (
    BASE_SECONDS,
    CAP_SECONDS,
    DELAYS,
    RULES,
    DeadLetter,
    RetryAfter,
    at_least,
    backoff,
    decide,
    rule_of,
    spread,
)

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
    assert decided(RetryableError("?", retry_after=16.0), FIRST) == RetryAfter(21)
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
    delay = at_least(seconds)
    assert delay in DELAYS
    assert delay >= min(seconds, DELAYS[-1])
    assert all(shorter < seconds for shorter in DELAYS if shorter < delay)


@given(st.floats(0, 1e6), st.integers(0, 2**32))
def test_wait_goes_to_a_delay_beside_it(seconds: float, seed: int) -> None:
    delay = spread(seconds, random.Random(seed))
    between = [other for other in DELAYS if min(delay, seconds) < other < max(delay, seconds)]
    assert delay in DELAYS
    assert between == []


@pytest.mark.parametrize("attempt", [1, 2, 3, 5, 7])
def test_jitter_is_full_after_rounding(attempt: int) -> None:
    """Messages that failed together do not come back together, and wait as long on average as was drawn."""
    jitter, bound = random.Random(attempt), min(CAP_SECONDS, BASE_SECONDS * 2.0**attempt)
    waits = [spread(backoff(attempt, jitter), jitter) for _ in range(20_000)]
    shares = {delay: waits.count(delay) / len(waits) for delay in set(waits)}
    assert set(shares) == {delay for delay in DELAYS if delay <= at_least(bound)}
    assert max(shares.values()) <= 0.5
    # Waits below a second last a second: that is all that is added to what was drawn.
    assert bound / 2 - 0.03 * bound <= sum(waits) / len(waits) <= bound / 2 + 0.5 / bound + 0.03 * bound


def test_delays_leave_no_wide_gap() -> None:
    assert all(later <= 3 * sooner if sooner < 900 else later <= 4 * sooner for sooner, later in pairwise(DELAYS))


def test_table_of_the_documentation_is_the_one_that_decides() -> None:
    text = (Path(__file__).parents[3] / "docs" / "retries.md").read_text()
    rows = [[cell.strip().strip("`") for cell in line.strip("|\n").split("|")] for line in text.splitlines()]
    shown = [row for row in rows if len(row) == 4 and row[0] not in ("error", "---")]
    assert shown == [[r.error.__name__, r.again, "yes" if r.counts else "no", r.why] for r in RULES]
    assert ", ".join(str(delay) for delay in DELAYS) in text


def test_every_error_of_ours_has_its_rule() -> None:
    """No row hides a later one."""
    for number, rule in enumerate(RULES):
        assert not any(issubclass(rule.error, earlier.error) for earlier in RULES[:number])
    assert rule_of(UnroutableError("?")).error is RetryableError
