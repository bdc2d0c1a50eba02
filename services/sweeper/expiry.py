"""Ends jobs that cannot go on, with a reason their users understand."""

from __future__ import annotations

from services.sweeper.healing import heals_since_progress
from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared import tracing
from shared.broker import Broker
from shared.job_events import ended
from shared.log import get_logger
from shared.mongo import Document

log = get_logger(__name__)

EXPIRED = "Timeout: Job expired"
# A job is healed so often without any progress before it is given up.
HEALS_BEFORE_GIVING_UP = 3


class Expiry:
    def __init__(self, repository: SweeperRepository, broker: Broker, settings: SweeperSettings) -> None:
        self._repository = repository
        self._broker = broker
        self._settings = settings

    async def sweep(self) -> None:
        for job in await self._repository.find_expired(self._settings.pending_limit_seconds):
            await self._fail(job, EXPIRED)
        for job in await self._repository.find_stalled(self._settings.stalled_limit_seconds):
            if not tried_to_go_on(job):
                continue
            hours = self._settings.stalled_limit_seconds / 3600
            await self._fail(job, f"{EXPIRED}: no progress for {hours:g} h, though it was tried to go on")

    async def _fail(self, job: Document, reason: str) -> None:
        with tracing.continuing(job.get(tracing.TRACEPARENT)):
            await self._end(job, reason)

    async def _end(self, job: Document, reason: str) -> None:
        failed = await self._repository.fail(job["_id"], job["rev"], reason)
        if failed is not None:
            log.warning("job_expired", job_id=job["_id"], reason=reason)
            await self._broker.publish([ended(failed)])
            await self._repository.mark_announced([failed["_id"]])


def tried_to_go_on(job: Document) -> bool:
    """Whether it was healed often enough since its last progress: after an outage of ours it was not."""
    return heals_since_progress(job) >= HEALS_BEFORE_GIVING_UP
