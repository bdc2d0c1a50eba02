"""What follows from an error: pure, one table. Delays are the fixed ones that retry queues exist for."""

from __future__ import annotations

import random
from dataclasses import dataclass

from shared.errors import (
    BlockedError,
    BrokerUnavailableError,
    DatabaseUnavailableError,
    DecodeError,
    PermanentError,
    RetryableError,
)

# Seconds of the retry queues; a wait is served by the longest one that it covers.
DELAYS = (1, 5, 15, 60, 300)
BASE_SECONDS = 2.0
CAP_SECONDS = float(DELAYS[-1])


@dataclass(frozen=True)
class RetryAfter:
    """Try again in `seconds`, one of DELAYS; `counts` tells whether this attempt was one of the allowed ones."""

    seconds: int
    counts: bool = True


@dataclass(frozen=True)
class DeadLetter:
    """Give up; the failure store keeps it under `code`."""

    code: str


Decision = RetryAfter | DeadLetter


def backoff(attempt: int, jitter: random.Random) -> float:
    """Seconds before attempt + 1: exponential with full jitter ("Exponential Backoff And Jitter", AWS, 2015)."""
    return jitter.uniform(0.0, min(CAP_SECONDS, BASE_SECONDS * 2.0**attempt))


def to_delay(seconds: float, *, at_least: bool = False) -> int:
    """The nearest of DELAYS; with `at_least` the shortest not below `seconds`, or the longest there is."""
    if at_least:
        return next((delay for delay in DELAYS if delay >= seconds), DELAYS[-1])
    return min(DELAYS, key=lambda delay: abs(delay - seconds))


def decide(error: BaseException, attempt: int, max_attempts: int, jitter: random.Random) -> Decision:
    """What to do after `error` on attempt number `attempt` (from 1).

    Retryable and unknown errors are tried until `max_attempts`, malformed messages and permanent errors never again; a
    marketplace that asks to slow down, a broker or a database that is away delay the work and never fail it.
    """
    match error:
        case DecodeError() | PermanentError():
            return DeadLetter(error.code)
        case BlockedError() | BrokerUnavailableError() | DatabaseUnavailableError():
            return RetryAfter(to_delay(error.retry_after or 0.0, at_least=True), counts=False)
        case RetryableError() if attempt < max_attempts:
            if error.retry_after is not None:
                return RetryAfter(to_delay(error.retry_after, at_least=True))
            return RetryAfter(to_delay(backoff(attempt, jitter)))
        case RetryableError():
            return DeadLetter(error.code)
        case _ if attempt < max_attempts:
            return RetryAfter(to_delay(backoff(attempt, jitter)))
        case _:
            return DeadLetter("bug")
