"""Pages whose layout seems to have changed, kept for an operator to look into: few, compressed, and not for long."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Counter

from shared.amazon.pages import Page
from shared.clock import Clock
from shared.drift import FIELDS_MISSING, Drift
from shared.errors import DatabaseUnavailableError
from shared.fetch import Answer
from shared.log import get_logger
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Binary,
    Database,
    Document,
    IndexModel,
    database_errors,
    insert_new,
)

log = get_logger(__name__)

# Rises with every page whose layout seems to have changed, kept or not.
DRIFTED = Counter("asinflow_drifted_pages_total", "Pages whose layout seems to have changed", ["marketplace", "reason"])

# What is left of a page after compression; a document of the database takes 16 MB.
MAX_BYTES = 12_000_000
CLOSE_SECONDS = 2.0


@dataclass(frozen=True)
class SampleLimits:
    """How many are kept per marketplace and reason, how long, and how far apart they are taken."""

    count: int
    days: float
    seconds: float


class PageSamples:
    """Takes samples beside the collecting, which never waits for it: one at a time, others are passed over."""

    def __init__(self, database: Database, limits: SampleLimits, clock: Clock) -> None:
        self._samples = database["page_samples"]
        self._limits = limits
        self._clock = clock
        self._drift = Drift()
        self._taken: dict[tuple[str, str], int] = {}
        self._task: asyncio.Task[None] | None = None
        self._indexed = False

    @property
    def idle(self) -> bool:
        return self._task is None or self._task.done()

    def offer(self, answer: Answer, page: Page, marketplace: str, asin: str | None = None) -> tuple[str, ...]:
        """Look at a page; keep it when it seems to have changed and none was kept of late.

        Returns the fields that nearly all of the marketplace's product pages have and this one has not.
        """
        drifted = self._drift.look(marketplace, page)
        if drifted is None:
            return ()
        self._keep_one(drifted, answer, marketplace, asin)
        return drifted[1] if drifted[0] == FIELDS_MISSING else ()

    def _keep_one(
        self, drifted: tuple[str, tuple[str, ...]], answer: Answer, marketplace: str, asin: str | None
    ) -> None:
        reason, missing = drifted
        DRIFTED.labels(marketplace, reason).inc()
        # One per span of time, whose number makes the id: all processes together keep no more than that.
        span = int(self._clock.now().timestamp() // self._limits.seconds)
        if not self.idle or not self._limits.count or self._taken.get((marketplace, reason)) == span:
            return
        self._taken[marketplace, reason] = span
        about = {
            "_id": f"{marketplace}:{reason}:{span}",
            "marketplace": marketplace,
            "reason": reason,
            "asin": asin,
            "missing": list(missing),
        }
        self._task = asyncio.create_task(self._keep(about, answer), name="page-sample")
        self._task.add_done_callback(_report)

    async def _keep(self, about: Document, answer: Answer) -> None:
        body = await asyncio.to_thread(gzip.compress, answer.body, 6)
        if len(body) > MAX_BYTES:
            return
        now = self._clock.now()
        sample = {
            **about,
            "url": answer.url,
            "status": answer.status,
            "content_type": answer.content_type,
            "size": len(answer.body),
            "stored_size": len(body),
            "at": now,
            "expires_at": now + timedelta(days=self._limits.days),
            "body": Binary(body),
        }
        try:
            await self._create_indexes()
            if not await insert_new(self._samples, [sample]):
                log.warning("page_sample_kept", sample=about["_id"], missing=about["missing"])
                await self._prune(about["marketplace"], about["reason"])
        except DatabaseUnavailableError as error:
            log.warning("page_sample_not_kept", sample=about["_id"], error=error.message)

    async def _create_indexes(self) -> None:
        """With the first sample, so that a process starts without the database, and none for nothing."""
        if self._indexed:
            return
        with database_errors():
            await self._samples.create_indexes(
                [
                    IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
                    IndexModel([("marketplace", ASCENDING), ("reason", ASCENDING), ("at", DESCENDING)]),
                ]
            )
        self._indexed = True

    async def _prune(self, marketplace: str, reason: str) -> None:
        of_its_kind = {"marketplace": marketplace, "reason": reason}
        with database_errors():
            newest_first = self._samples.find(of_its_kind, {"_id": 1}).sort("at", DESCENDING)
            old = [document["_id"] async for document in newest_first.skip(self._limits.count)]
            if old:
                await self._samples.delete_many({"_id": {"$in": old}})

    async def close(self) -> None:
        """Finish the sample in hand, if it is quick."""
        if self._task is not None and not self.idle:
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            self._task.cancel()


def _report(task: asyncio.Task[None]) -> None:
    """Log what taking a sample did not expect; nobody waits for it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("page_sample_failed", exc_info=error)


@asynccontextmanager
async def page_samples(database: Database, limits: SampleLimits, clock: Clock) -> AsyncIterator[PageSamples]:
    """Samples that are taken while the block runs."""
    samples = PageSamples(database, limits, clock)
    try:
        yield samples
    finally:
        await samples.close()
