"""Ends jobs as FAILED, and tells it."""

from __future__ import annotations

from services.sweeper.repository import SweeperRepository
from shared import tracing
from shared.broker import Broker
from shared.job_events import ended
from shared.log import get_logger
from shared.mongo import Document

log = get_logger(__name__)


class Ends:
    """Whatever is not told here, because the broker is away, the outbox tells."""

    def __init__(self, repository: SweeperRepository, broker: Broker) -> None:
        self._repository = repository
        self._broker = broker

    async def fail(self, job: Document, reason: str) -> None:
        """Unless the job has changed since it was read."""
        with tracing.continuing(job.get(tracing.TRACEPARENT)):
            await self._tell(await self._repository.fail(job["_id"], job["rev"], reason), reason)

    async def fail_run(self, job: Document, reason: str) -> None:
        """Unless this run of the job has ended, however it stands: what it is at its end is told."""
        with tracing.continuing(job.get(tracing.TRACEPARENT)):
            await self._tell(await self._repository.fail_run(job["_id"], job["run"], reason), reason)

    async def _tell(self, failed: Document | None, reason: str) -> None:
        if failed is not None:
            log.warning("job_given_up", job_id=failed["_id"], reason=reason)
            await self._broker.publish([ended(failed)])
            await self._repository.mark_announced([failed])
