"""When a delivery is tried again, and what an attempt means for its webhook. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

from shared.webhooks import DeliveryState

# Seconds before each attempt, the first at once: 0, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, about three days in
# all (the example of Standard Webhooks, with its last waits).
DELAYS = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
JITTER = 0.1
LONGEST_WISH_SECONDS = 86_400.0
GONE = 410


@dataclass(frozen=True)
class Attempt:
    """One request and how it ended: the status of the answer, or the error that there was none for."""

    status: int | None
    error: str | None
    milliseconds: int
    answer: str = ""
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Verdict:
    """What follows: the delivery's state, the wait before the next attempt if there is one, whether to switch off."""

    state: DeliveryState
    wait: float | None = None
    gone: bool = False


def judge(attempt: Attempt, number: int, jitter: random.Random) -> Verdict:
    """After attempt `number` (from 1). A receiver's own wish to wait is heeded up to a day."""
    if attempt.succeeded:
        return Verdict(DeliveryState.DELIVERED)
    if attempt.status == GONE:
        return Verdict(DeliveryState.FAILED, gone=True)
    if number >= len(DELAYS):
        return Verdict(DeliveryState.FAILED)
    wait = DELAYS[number] * jitter.uniform(1 - JITTER, 1 + JITTER)
    return Verdict(DeliveryState.PENDING, max(wait, min(attempt.retry_after or 0.0, LONGEST_WISH_SECONDS)))
