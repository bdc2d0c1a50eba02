"""Deletes ended jobs, with everything of theirs, once they are old enough."""

from __future__ import annotations

from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared.clock import Clock
from shared.log import get_logger

log = get_logger(__name__)

PERIOD_SECONDS = 600.0
# After so long nothing of a deleted job is under way any more: requests have ended, delayed messages have come back.
DELETION_SECONDS = 900.0


class Retention:
    def __init__(self, repository: SweeperRepository, settings: SweeperSettings, clock: Clock) -> None:
        self._repository = repository
        self._age = settings.retention_days * 86_400
        self._clock = clock
        self._due = clock.monotonic()

    async def sweep(self) -> None:
        """Now and then: what is weeks old can wait for minutes."""
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + PERIOD_SECONDS
        await self._repository.delete_old_sources(self._age)
        finished = await self._repository.finish_deletions(DELETION_SECONDS)
        if finished:
            log.info("deletions_finished", jobs=finished)
        old = await self._repository.find_old_jobs(self._age)
        deleted = [job["_id"] for job in old if await self._repository.delete_job(job)]
        if old:
            log.info("old_jobs_deleted", jobs=len(deleted), kept=len(old) - len(deleted))
