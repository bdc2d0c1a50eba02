"""What a job would come to if it were submitted now: pure, from what is known of the pace and of running jobs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.api.responses import MarketplaceQuote
from shared.amazon.addresses import UnsupportedAddress, recognise
from shared.amazon.marketplaces import MARKETPLACES
from shared.jobs import JobType

# Products that a page of a listing shows, roughly: a search has 16 to 60, a bestseller list 30 to 50.
LISTING_PAGE = 48


@dataclass(frozen=True, slots=True)
class Pace:
    """A marketplace's pace over all ways out: seconds between two requests, and how long it asks us to stay away."""

    interval: float
    blocked: float = 0.0


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that runs or waits; `marketplace` is None where it is not known, which counts as any."""

    user_id: str
    is_running: bool
    remaining: int
    marketplace: str | None


@dataclass
class Demand:
    """What a job asks of each marketplace."""

    items: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fresh: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    listing_pages: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    at_most: bool = False

    def requests(self, marketplace: str) -> int:
        return self.items[marketplace] - self.fresh[marketplace] + self.listing_pages[marketplace]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds until the job would begin, and until it would end."""

    marketplaces: list[MarketplaceQuote]
    running: int
    start_delay: float
    total: float

    def finish(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.total)


def marketplace_of(job_type: JobType, request: Mapping[str, object]) -> str | None:
    """Where a stored job collects, when its request tells."""
    if job_type is JobType.KEYWORD:
        return str(request["marketplace"])
    if job_type is JobType.URL:
        try:
            return recognise(str(request["url"]), MARKETPLACES).marketplace
        except UnsupportedAddress:
            return None
    return None


def listing_demand(marketplace: str, max_results: int) -> Demand:
    """A listing's pages, and at most so many products."""
    demand = Demand(at_most=True)
    demand.items[marketplace] = max_results
    demand.listing_pages[marketplace] = math.ceil(max_results / LISTING_PAGE)
    return demand


def estimate(
    user_id: str, demand: Demand, paces: Mapping[str, Pace], running: Sequence[RunningJob], limit: int
) -> Estimate:
    """Running jobs take turns: until a job ends, each other one makes as many requests as it, or all that it needs."""
    quotes = [_quote(name, demand, paces[name], running) for name in sorted(demand.items)]
    busy = max(
        (q.blocked_seconds + q.interval_seconds * (q.requests + q.requests_of_others) for q in quotes), default=0.0
    )
    mine = [job for job in running if job.user_id == user_id]
    delay = _start_delay(mine, running, paces, limit)
    return Estimate(quotes, sum(job.is_running for job in mine), round(delay, 1), round(delay + busy, 1))


def _quote(name: str, demand: Demand, pace: Pace, running: Sequence[RunningJob]) -> MarketplaceQuote:
    requests = demand.requests(name)
    others = sum(min(job.remaining, requests) for job in running if job.is_running and job.marketplace in {None, name})
    return MarketplaceQuote(
        marketplace=name,
        items=demand.items[name],
        already_fresh=demand.fresh[name],
        requests=requests,
        interval_seconds=round(pace.interval, 4),
        blocked_seconds=round(pace.blocked, 1),
        requests_of_others=others,
    )


def _start_delay(
    mine: Sequence[RunningJob], running: Sequence[RunningJob], paces: Mapping[str, Pace], limit: int
) -> float:
    """Until so many of the user's jobs have ended that this one may run: one after the other, the shortest first."""
    ahead = len(mine) - limit + 1
    if ahead <= 0:
        return 0.0
    sharing = max(1, sum(job.is_running for job in running))
    slowest = max((pace.interval for pace in paces.values()), default=0.0)
    ends = sorted(job.remaining * slowest * sharing for job in mine)
    return ends[min(ahead, len(ends)) - 1]
