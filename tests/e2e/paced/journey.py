"""A job of 60 products, three of which do not exist, after its end: several tests look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.storefront import Request, fresh_asins, unknown_asins
from tests.e2e.system import System
from tests.e2e.user import User


@dataclass(frozen=True)
class Journey:
    user: User
    job: dict[str, Any]
    known: list[str]
    unknown: list[str]
    events: list[tuple[str, dict[str, Any]]]
    requests: list[Request]


def travel(system: System) -> Journey:
    """Submit the job and follow its live events to the end."""
    user, known, unknown = system.user(), fresh_asins(57), unknown_asins(3)
    asins = [*known[:30], *unknown, *known[30:]]
    job_id = user.submit_asins(asins)
    events = list(user.events(job_id))
    return Journey(user, user.job(job_id), known, unknown, events, system.storefront.requests(asins))
