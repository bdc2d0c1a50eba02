"""What the users of a campaign ask for: jobs of mixed size, type, priority and marketplace, drawn from a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from deploy.local.storefront.asins import nth_asin
from shared.amazon.marketplaces import MARKETPLACES

ALL = tuple(MARKETPLACES)
Deed = Literal["cancel", "pause", "retry"]

USERS = 8
# A job is spread over one marketplace more for every so many items.
ITEMS_PER_MARKETPLACE = 50
# Share of the jobs, and the sizes between which such a job lies.
SIZES = ((0.45, 1, 20), (0.30, 20, 150), (0.17, 150, 600), (0.08, 1500, 4000))
LARGEST_SHARE = 0.2
LISTED_AT_MOST = 60  # so many products every list of the storefront has
LISTING_SHARE = 0.3
UNKNOWN_SHARE = 0.02
DEEDS: tuple[tuple[float, Deed], ...] = ((0.06, "cancel"), (0.06, "pause"), (0.12, "retry"))


@dataclass(frozen=True)
class PlannedJob:
    """One request, who makes it, how many items it has (a listing: at most), and what its user does with it later."""

    user: str
    size: int
    request: dict[str, Any]
    deed: Deed | None

    @property
    def listing(self) -> bool:
        return self.request["type"] != "BULK_ASIN"


def planned_jobs(seed: int, items: int) -> list[PlannedJob]:
    """Jobs with at least `items` items together; no product is asked for twice but by listings."""
    chance, numbers = random.Random(f"jobs {seed}"), count(1)
    jobs: list[PlannedJob] = []
    while sum(job.size for job in jobs) < items:
        jobs.append(_job(chance, numbers, _size(chance, items)))
    return jobs


def _size(chance: random.Random, items: int) -> int:
    [(_, low, high)] = chance.choices(SIZES, [share for share, *_ in SIZES])
    most = max(1, round(items * LARGEST_SHARE))
    return min(most, chance.randint(low, high))


def _job(chance: random.Random, numbers: Iterator[int], size: int) -> PlannedJob:
    listing = size <= LISTED_AT_MOST and chance.random() < LISTING_SHARE
    request = _listing(chance, numbers, size) if listing else _list(chance, numbers, size)
    request["priority"] = chance.choice(("high", "normal", "normal", "low"))
    return PlannedJob(f"user-{chance.randrange(USERS)}", size, request, _deed(chance))


def _deed(chance: random.Random) -> Deed | None:
    point = chance.random()
    for share, deed in DEEDS:
        if point < share:
            return deed
        point -= share
    return None


def _listing(chance: random.Random, numbers: Iterator[int], size: int) -> dict[str, Any]:
    marketplace = chance.choice(ALL)
    if chance.random() < 0.5:
        keyword = f"thing {next(numbers)}"
        return {"type": "KEYWORD", "keyword": keyword, "marketplace": marketplace, "max_results": size}
    url = f"https://www.{marketplace}/gp/bestsellers/things{next(numbers)}"
    return {"type": "URL", "url": url, "max_results": size}


def _list(chance: random.Random, numbers: Iterator[int], size: int) -> dict[str, Any]:
    marketplaces = chance.sample(ALL, min(len(ALL), 1 + size // ITEMS_PER_MARKETPLACE))
    asins = [_asin(chance, next(numbers)) for _ in range(size)]
    return {"type": "BULK_ASIN", "asins": [f"https://www.{chance.choice(marketplaces)}/dp/{asin}" for asin in asins]}


def _asin(chance: random.Random, number: int) -> str:
    return f"B0404{number:05d}" if chance.random() < UNKNOWN_SHARE else nth_asin(number)
