"""A user who submits jobs and follows them, and notes when what is seen."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from asinflow.client.sse import EventParser

from deploy.local.storefront.asins import nth_asin

# The marketplace whose pages are fetched; the other one's collectors are those that only make load.
SHOP = "www.amazon.com"
_numbers = itertools.count(200_000)


@dataclass(frozen=True)
class Seen:
    """A job's event as it arrived; times in seconds since the epoch."""

    name: str
    at: float
    job: dict[str, Any]

    @property
    def told_at(self) -> float:
        """When the system made it."""
        return datetime.fromisoformat(self.job["updated_at"]).timestamp()


def fresh_products(number: int, host: str = SHOP) -> list[str]:
    """Addresses of products that nobody has asked for yet."""
    return [f"https://{host}/dp/{nth_asin(each)}" for each in itertools.islice(_numbers, number)]


def submit(api: httpx.Client, products: Sequence[str]) -> str:
    answer = api.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": list(products)})
    return str(answer.raise_for_status().json()["id"])


def follow(api: httpx.Client, job_id: str) -> Iterator[Seen]:
    """The job's events until its end."""
    parser = EventParser()
    with api.stream("GET", f"/v1/jobs/{job_id}/events") as response:
        response.raise_for_status()
        for piece in response.iter_raw():
            now = time.time()
            for event in parser.feed(piece):
                yield Seen(event.name, now, json.loads(event.data))
