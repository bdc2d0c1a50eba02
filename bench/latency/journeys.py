"""From submission to the first product, from the last product to the end as seen, from a cancel to silence."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from pymongo import MongoClient

from bench.latency.samples import Spread, spread
from bench.latency.user import Seen, follow, fresh_products, submit
from bench.programs import BenchError, wait_until
from bench.services import Running
from deploy.local.storefront.asins import nth_asin

JOURNEY_ITEMS = 10
CANCELLED_ITEMS = 3_000
# What collectors have in hand is dropped within half a second.
SILENCE_SECONDS = 2.0
LOAD_USER = "load"


def journeys(api: httpx.Client, running: Running, count: int) -> dict[str, Spread]:
    """Jobs of a few products, one after the other."""
    stored, visible, told = [], [], []
    with MongoClient[dict[str, Any]](running.servers.endpoints["MONGO_URL"], tz_aware=True) as client:
        outcomes = client["asinflow"]["outcomes"]
        for _ in range(count):
            started = time.time()
            job_id = submit(api, fresh_products(JOURNEY_ITEMS))
            events = list(follow(api, job_id))
            done = sorted(each["processed_at"].timestamp() for each in outcomes.find({"job_id": job_id}))
            stored.append(done[0] - started)
            visible.append(_first_product(events) - started)
            told.append(events[-1].at - done[-1])
            if events[-1].name != "completed" or len(done) != JOURNEY_ITEMS:
                raise BenchError(f"a job of {JOURNEY_ITEMS} ended {events[-1].name} with {len(done)} outcomes")
    return {
        "first_product_stored": spread(stored),
        "first_product_visible": spread(visible),
        "end_visible": spread(told),
    }


def _first_product(events: Sequence[Seen]) -> float:
    return next(event.at for event in events if event.job["success_count"])


def cancels(api: httpx.Client, running: Running, count: int) -> Spread:
    """From the answer to a cancel until the last request for one of the job's products, as the shop saw it."""
    return spread([_cancel(api, running) for _ in range(count)])


def _cancel(api: httpx.Client, running: Running) -> float:
    products = fresh_products(CANCELLED_ITEMS)
    job_id = submit(api, products)
    for seen in follow(api, job_id):
        if seen.job["progress"] >= JOURNEY_ITEMS:
            break
    api.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()
    cancelled_at = time.time()
    time.sleep(SILENCE_SECONDS)
    wanted = {product.rpartition("/")[2] for product in products}
    log = httpx.get(f"{running.servers.endpoints['STOREFRONT_URL']}/__storefront__/requests", timeout=60).json()
    return max(entry["time"] for entry in log if entry["path"].rpartition("/")[2] in wanted) - cancelled_at


class Load:
    """A job of another user that goes on all the while, and how late its progress was told."""

    def __init__(self, api: httpx.Client, items: int) -> None:
        self._api = api
        self.job_id = submit(api, [nth_asin(number) for number in range(1_000_000, 1_000_000 + items)])
        self._seen: list[Seen] = []
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()
        wait_until(lambda: any(seen.job["progress"] for seen in self._seen), "the load")

    def _follow(self) -> None:
        for seen in follow(self._api, self.job_id):
            self._seen.append(seen)

    def end(self) -> dict[str, Any]:
        """Cancel it; what was seen of it. Raises BenchError when it had ended before: then it was no load."""
        job = self._api.get(f"/v1/jobs/{self.job_id}").raise_for_status().json()
        if job["status"] != "PROCESSING":
            raise BenchError(f"the load was over too soon: {job['status']} after {job['duration_seconds']:.0f} s")
        self._api.post(f"/v1/jobs/{self.job_id}/cancel").raise_for_status()
        self._thread.join()
        lags = [seen.at - seen.told_at for seen in self._seen if seen.name == "progress"]
        return {"items_per_second": job["progress"] / job["duration_seconds"], "progress_lag": spread(lags)}


@contextlib.contextmanager
def load(running: Running, items: int) -> Iterator[dict[str, Any]]:
    """While the block lasts, a large job is collected as fast as it goes; filled with what was seen of it."""
    told: dict[str, Any] = {}
    with running.client(LOAD_USER) as api:
        at_work = Load(api, items)
        try:
            yield told
        finally:
            told.update(at_work.end())
