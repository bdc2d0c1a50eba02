"""Works repricings off in the background, a block of products at a time, wherever the one before was left.

One process at a time does, by lease. A block may be done twice, which comes to the same; it is noted once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.api.profit import ProfitDesk
from services.api.records import Job
from services.api.repricing import FIELDS, NewAnalysis, RepricingTask, repriced, settings_asked
from services.api.results import Found, ResultReader
from shared.errors import DatabaseUnavailableError
from shared.log import get_logger

log = get_logger(__name__)

BLOCK = 500
LEASE_SECONDS = 30.0
# How often to look for what another process was asked for, or has left.
LOOK_SECONDS = 5.0
# Each one lost means that a product was collected in that very moment.
WRITE_TRIES = 3


class Lease(Protocol):
    async def hold(self) -> bool: ...


class Jobs(Protocol):
    async def find_job(self, user_id: str, job_id: str) -> Job | None: ...


class Products(Protocol):
    async def set_analyses(self, user_id: str, analyses: Sequence[NewAnalysis]) -> int: ...


class Repricings(Protocol):
    async def find_running(self) -> list[RepricingTask]: ...

    async def set_settings(self, task: RepricingTask, settings: Mapping[str, Any]) -> None: ...

    async def advance(self, task: RepricingTask, *, after: int, repriced: int, left_out: int, done: bool) -> bool: ...

    async def fail(self, task: RepricingTask) -> None: ...

    async def forget(self, task: RepricingTask) -> None: ...


class Repricer:
    """`wake` is set when something has been asked for here."""

    def __init__(
        self,
        *,
        store: Repricings,
        jobs: Jobs,
        results: ResultReader,
        products: Products,
        desk: ProfitDesk,
        lease: Lease,
        wake: asyncio.Event,
        block: int = BLOCK,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._results = results
        self._products = products
        self._desk = desk
        self._lease = lease
        self._wake = wake
        self._block = block

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            try:
                if await self.once():
                    continue
            except DatabaseUnavailableError as error:
                log.warning("repricing_postponed", error=error.message)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)

    async def once(self) -> bool:
        """Take every running repricing one block further; whether there was any that is ours to do."""
        running = await self._store.find_running()
        if not running or not await self._lease.hold():
            return False
        for task in running:
            try:
                await self._further(task)
            except DatabaseUnavailableError:
                raise
            except Exception:
                log.exception("repricing_failed", job_id=task.job_id)
                await self._store.fail(task)
        return True

    async def _further(self, task: RepricingTask) -> None:
        job = await self._jobs.find_job(task.user_id, task.job_id)
        if job is None:
            await self._store.forget(task)
            return
        if task.after < 0:
            # First of all: what is collected from now on is analysed in the same way.
            await self._store.set_settings(task, settings_asked(task.asked))
        for _ in range(WRITE_TRIES):
            found, more = await self._results.stored_page(job, FIELDS, task.after, self._block)
            written = await self._write(job, task, found)
            if written == sum(product is not None for _, product in found):
                break
        after = found[-1][0] if found else task.after
        await self._store.advance(task, after=after, repriced=written, left_out=len(found) - written, done=not more)
        if not more:
            log.info("repricing_done", job_id=task.job_id, repricing=task.id)

    async def _write(self, job: Job, task: RepricingTask, found: Sequence[Found]) -> int:
        products = [product for _, product in found if product is not None]
        new = await asyncio.to_thread(repriced, products, self._desk, task.asked, task.rates, job.settings)
        changes = [
            NewAnalysis(product["_id"], product.get("collected_at"), analysis)
            for product, analysis in zip(products, new, strict=True)
        ]
        return await self._products.set_analyses(job.user_id, changes) if changes else 0
