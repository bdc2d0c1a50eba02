"""Dry runs: looks up what a quote rests on. Stores nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.api.quotes import Demand, Pace, RunningJob, estimate, listing_demand, marketplace_of
from services.api.responses import Quote
from services.api.settings import ApiSettings
from services.api.submission import Submission
from services.api.uploads import UploadReader
from services.api.views import counts_of, invalid_of
from shared.amazon.addresses import recognise
from shared.ids import product_key
from shared.jobs import JobType

KEYS_PER_LOOK = 1_000


class QuoteStore(Protocol):
    async def count_fresh(self, keys: Sequence[str], max_age_seconds: float) -> dict[str, int]:
        """How many of these products were observed no longer ago than that, by marketplace."""

    async def find_paces(self, marketplaces: Sequence[str], interval: float) -> dict[str, Pace]:
        """The pace of each; `interval` where nothing was fetched yet."""

    async def find_unfinished(self) -> list[RunningJob]:
        """The jobs of all users that run or wait."""


class Quoter:
    def __init__(self, store: QuoteStore, settings: ApiSettings, now: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._now = now

    async def quote(self, user_id: str, submission: Submission) -> Quote:
        return await self._quote(user_id, submission, await self._demand(submission))

    async def quote_upload(self, user_id: str, reader: UploadReader, body: AsyncIterator[bytes]) -> Quote:
        """Reads the list as it arrives. Raises Problem (422) as submitting it would."""
        demand, max_age = Demand(), reader.options.settings["max_age_seconds"]
        waiting: list[str] = []
        async for data in body:
            waiting += await asyncio.to_thread(reader.feed, data)
            while len(waiting) >= KEYS_PER_LOOK:
                await self._add(demand, waiting[:KEYS_PER_LOOK], max_age)
                del waiting[:KEYS_PER_LOOK]
        await self._add(demand, waiting + reader.finish(), max_age)
        submission = Submission(
            type=JobType.BULK_ASIN,
            options=reader.options,
            request={},
            fingerprint=reader.fingerprint,
            tally=reader.tally,
            invalid=reader.invalid,
        )
        return await self._quote(user_id, submission, demand)

    async def _demand(self, submission: Submission) -> Demand:
        demand, max_age = Demand(), submission.options.settings["max_age_seconds"]
        keys = submission.keys
        if submission.type is JobType.URL:
            address = recognise(str(submission.request["url"]), self._settings.marketplaces)
            if address.asin is None:
                return listing_demand(address.marketplace, submission.request["max_results"])
            keys = [product_key(address.marketplace, address.asin)]
        elif submission.type is JobType.KEYWORD:
            place = str(marketplace_of(submission.type, submission.request))
            return listing_demand(place, submission.request["max_results"])
        for start in range(0, len(keys), KEYS_PER_LOOK):
            await self._add(demand, keys[start : start + KEYS_PER_LOOK], max_age)
        return demand

    async def _add(self, demand: Demand, keys: Sequence[str], max_age: float) -> None:
        for marketplace, count in Counter(key.partition(":")[0] for key in keys).items():
            demand.items[marketplace] += count
        if max_age and keys:
            for marketplace, count in (await self._store.count_fresh(keys, max_age)).items():
                demand.fresh[marketplace] += count

    async def _quote(self, user_id: str, submission: Submission, demand: Demand) -> Quote:
        paces = await self._store.find_paces(sorted(demand.items), self._settings.interval_seconds)
        limit = self._settings.user_concurrent_jobs
        found = estimate(user_id, demand, paces, await self._store.find_unfinished(), limit)
        return Quote(
            type=submission.type,
            counts=counts_of(submission),
            invalid=invalid_of(submission),
            items=sum(demand.items.values()),
            items_at_most=demand.at_most,
            already_fresh=sum(demand.fresh.values()),
            expected_requests=sum(quote.requests for quote in found.marketplaces),
            marketplaces=found.marketplaces,
            running_jobs=found.running,
            concurrent_jobs=limit,
            start_delay_seconds=found.start_delay,
            eta_seconds=found.total,
            would_finish_at=found.finish(self._now()),
        )
