"""What follows from an error: pure, one table. Delays are the fixed ones that retry queues exist for.

Full jitter survives them because there are many, each at most about twice the one before, and because a wait between
two of them goes to either at random, the nearer the likelier: so waits spread as they were drawn, and their mean is
kept.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from shared.errors import (
    AsinflowError,
    BlockedError,
    BrokerUnavailableError,
    DatabaseUnavailableError,
    DecodeError,
    PermanentError,
    RetryableError,
)

# Seconds of the retry queues. The longest is as long as a marketplace's own wish is heeded at once.
DELAYS = (1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 900, 3600)
BASE_SECONDS = 2.0
CAP_SECONDS = 300.0


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


def spread(seconds: float, jitter: random.Random) -> int:
    """One of the two DELAYS around `seconds`, at random, so that the mean is `seconds`; never below the shortest."""
    above = next((delay for delay in DELAYS if delay >= seconds), DELAYS[-1])
    below = max((delay for delay in DELAYS if delay <= seconds), default=above)
    if above == below:
        return above
    return above if jitter.random() < (seconds - below) / (above - below) else below


def at_least(seconds: float) -> int:
    """The shortest of DELAYS not below `seconds`, or the longest there is."""
    return next((delay for delay in DELAYS if delay >= seconds), DELAYS[-1])


@dataclass(frozen=True)
class Rule:
    """One row of the table: what is done after an error of this class, its subclasses having been looked for first."""

    error: type[BaseException]
    again: Literal["never", "until the last attempt", "always"]
    counts: bool
    why: str


# The first row that fits decides. docs/retries.md shows it.
RULES = (
    Rule(DecodeError, "never", False, "not what its type says: nobody can ever handle it"),
    Rule(PermanentError, "never", False, "not found, unsupported, refused: trying again cannot help"),
    Rule(BlockedError, "always", False, "the marketplace asked to slow down: nobody's fault, after the pause"),
    Rule(BrokerUnavailableError, "always", False, "an outage of ours delays work and never fails it"),
    Rule(DatabaseUnavailableError, "always", False, "an outage of ours delays work and never fails it"),
    Rule(RetryableError, "until the last attempt", True, "time-out, connection, 5xx, incomplete: may pass"),
    Rule(BaseException, "until the last attempt", True, "unforeseen: tried again, then kept with its traceback"),
)


def rule_of(error: BaseException) -> Rule:
    return next(rule for rule in RULES if isinstance(error, rule.error))


def decide(error: BaseException, attempt: int, max_attempts: int, jitter: random.Random) -> Decision:
    """What to do after `error` on attempt number `attempt` (from 1)."""
    rule = rule_of(error)
    if rule.again == "never" or (rule.again == "until the last attempt" and attempt >= max_attempts):
        return DeadLetter(error.code if isinstance(error, AsinflowError) else "bug")
    asked_for = error.retry_after if isinstance(error, RetryableError) else None
    if asked_for is not None or not rule.counts:
        return RetryAfter(at_least(asked_for or 0.0), rule.counts)
    return RetryAfter(spread(backoff(attempt, jitter), jitter), rule.counts)
