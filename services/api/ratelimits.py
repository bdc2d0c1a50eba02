"""How many requests a user may make, over all API processes (draft-ietf-httpapi-ratelimit-headers).

A process draws a few requests at a time from the quota that all share, and hands them out by itself: most requests ask
the database for nothing, and however many processes there are, together they give out no more than the quota.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.api.problems import Problem
from services.api.settings import ApiSettings
from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.log import get_logger

log = get_logger(__name__)

WINDOW_SECONDS = 60.0
# A process holds at most this share of a quota in advance, and for so long.
ADVANCE_SHARE = 20
ADVANCE_SECONDS = 5.0
# Users whose standing one process remembers.
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests in `window` seconds, which come back evenly."""

    name: str
    quota: int
    window: float = WINDOW_SECONDS

    @property
    def spacing(self) -> float:
        """Seconds in which one request comes back."""
        return self.window / self.quota

    @property
    def advance(self) -> int:
        return max(1, self.quota // ADVANCE_SHARE)


@dataclass(frozen=True, slots=True)
class Grant:
    """How many requests may be made, and how much of the window all that was granted so far takes up."""

    granted: int
    used_seconds: float


class QuotaStore(Protocol):
    async def draw(self, user_id: str, policy: Policy, wanted: int) -> Grant:
        """Up to `wanted` requests of what is left, in one atomic step."""


@dataclass(slots=True)
class Standing:
    """A user under one policy, after the request at hand."""

    policy: Policy
    allowed: bool
    left: int
    used_seconds: float

    @property
    def reset_seconds(self) -> int:
        """Until the whole quota is back."""
        return max(0, math.ceil(self.used_seconds))

    @property
    def retry_seconds(self) -> int:
        """Until one request is back."""
        return max(1, math.ceil(self.used_seconds + self.policy.spacing - self.policy.window))


@dataclass(slots=True)
class _Credit:
    """What this process may still hand out of what it has drawn."""

    left: int
    until: float
    used_until: float
    refused: bool


class RateLimits:
    def __init__(self, store: QuotaStore, by_name: Mapping[str, Policy], clock: Clock) -> None:
        self._store = store
        self._general = by_name.get("general")
        self._collecting = by_name.get("collecting")
        self._clock = clock
        self._credits: OrderedDict[tuple[str, str], _Credit] = OrderedDict()

    async def take(self, user_id: str, *, collecting: bool) -> list[Standing]:
        """Count a request; where it stands under each policy. While the database is away nothing is limited."""
        wanted = (self._general, self._collecting if collecting else None)
        try:
            return [await self._take(user_id, policy) for policy in wanted if policy is not None]
        except DatabaseUnavailableError as error:
            log.warning("rate_limit_unknown", reason=error.message)
            return []

    async def _take(self, user_id: str, policy: Policy) -> Standing:
        now = self._clock.monotonic()
        credit = self._credits.get((user_id, policy.name))
        if credit is None or now >= credit.until or not (credit.left or credit.refused):
            credit = _credit(await self._store.draw(user_id, policy, policy.advance), policy, now)
            self._remember((user_id, policy.name), credit)
        used = max(0.0, credit.used_until - now)
        if not credit.left:
            return Standing(policy, allowed=False, left=0, used_seconds=used)
        credit.left -= 1
        shared = int((policy.window - used) / policy.spacing + 0.001)
        return Standing(policy, allowed=True, left=max(0, shared) + credit.left, used_seconds=used)

    def _remember(self, whose: tuple[str, str], credit: _Credit) -> None:
        self._credits[whose] = credit
        self._credits.move_to_end(whose)
        while len(self._credits) > REMEMBERED:
            self._credits.popitem(last=False)


def _credit(grant: Grant, policy: Policy, now: float) -> _Credit:
    """A refusal is remembered until a request is back: who goes on asking costs the database nothing."""
    until_back = max(0.0, grant.used_seconds + policy.spacing - policy.window)
    until = now + (ADVANCE_SECONDS if grant.granted else until_back)
    return _Credit(grant.granted, until, now + grant.used_seconds, refused=not grant.granted)


def policies(settings: ApiSettings) -> dict[str, Policy]:
    """By name; one that is set to 0 is none."""
    quotas = {
        "general": settings.user_requests_per_minute,
        "collecting": settings.user_collecting_requests_per_minute,
    }
    return {name: Policy(name, quota) for name, quota in quotas.items() if quota}


def refuse_overuse(standings: Sequence[Standing]) -> None:
    """Raises Problem (429) naming the policies that are used up."""
    violated = [standing for standing in standings if not standing.allowed]
    if violated:
        limits = " and ".join(f"{s.policy.quota} {s.policy.name} requests a minute" for s in violated)
        raise Problem(
            429,
            "rate_limited",
            f"You may make {limits}.",
            retryable=True,
            headers={"Retry-After": str(max(standing.retry_seconds for standing in violated))},
            more={"violated_policies": [standing.policy.name for standing in violated]},
        )


def limit_headers(standings: Sequence[Standing]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit`: structured fields (RFC 9651), an entry for each policy."""
    if not standings:
        return {}
    return {
        "RateLimit-Policy": ", ".join(
            f'"{s.policy.name}";q={s.policy.quota};w={round(s.policy.window)}' for s in standings
        ),
        "RateLimit": ", ".join(f'"{s.policy.name}";r={s.left};t={s.reset_seconds}' for s in standings),
    }
