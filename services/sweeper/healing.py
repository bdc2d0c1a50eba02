"""Gets running jobs going again whose messages were lost: whatever is repeated here is harmless when it was not.

A job of which it is found that it never can go on is ended at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter

from services.sweeper.ends import Ends
from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared import tracing
from shared.blocks import Block, longest, marketplaces_of
from shared.broker import Broker
from shared.errors import PermanentError, UnroutableError
from shared.handout import again
from shared.job_events import submission
from shared.log import get_logger
from shared.messages import JobExpanded
from shared.mongo import Document
from shared.outgoing import Outgoing, event
from shared.runs import unresolved

log = get_logger(__name__)

MAX_BACKOFF = 5
UNHEALABLE = "The job cannot go on"
# Rises with every message sent again for a stalled job, by what had been lost.
HEALED = Counter("asinflow_healed_messages_total", "Messages sent again for stalled jobs", ["type"])


class Healing:
    def __init__(self, repository: SweeperRepository, broker: Broker, settings: SweeperSettings) -> None:
        self._repository = repository
        self._broker = broker
        self._settings = settings
        self._ends = Ends(repository, broker)

    async def sweep(self) -> None:
        if not self._broker.connected:
            return  # an attempt that cannot be made must not count as one
        age = self._settings.stalled_after_seconds
        blocks = await self._repository.find_blocks()
        for job in await self._repository.find_stalled(age):
            if waits_for_marketplace(job, blocks):
                # Nothing of it is lost, and what was tried before the pause does not count against it after it.
                await self._repository.claim_healing(job, age, 0)
                continue
            # A job that is only slow is looked into ever more rarely.
            heals = heals_since_progress(job)
            patience = age * 2.0 ** min(heals, MAX_BACKOFF)
            if not await self._repository.claim_healing(job, patience, heals + 1):
                continue
            try:
                with tracing.continuing(job.get(tracing.TRACEPARENT)):
                    await self._heal(job)
            except UnroutableError as error:  # nobody serves its marketplace, which is no other job's fault
                log.warning("job_not_healed", job_id=job["_id"], error=error.message)
            except PermanentError as error:
                await self._ends.fail(job, f"{UNHEALABLE}: {error.message}")

    async def _heal(self, job: Document) -> None:
        messages = await self._lost(job)
        await self._broker.publish(messages)
        for message in messages:
            HEALED.labels(message.type).inc()
        log.warning("job_healed", job_id=job["_id"], messages=len(messages), fed=job["fed"], progress=job["progress"])

    async def _lost(self, job: Document) -> list[Outgoing]:
        job_id, run, total = job["_id"], job["run"], job["total_items"]
        if unresolved(job):
            return [submission(job)]
        # Wakes the feeder, and the aggregator to end a job that is complete.
        wake = event(JobExpanded(job_id=job_id, run=run, total_items=total), mandatory=True)
        return [wake, *await again(self._repository, job, self._settings.heal_items)]


def heals_since_progress(job: Document) -> int:
    """How often the job was healed since its counts last moved."""
    healed_at = job.get("healed_at")
    return int(job.get("heals", 0)) if healed_at is not None and healed_at > job["updated_at"] else 0


def waits_for_marketplace(job: Document, blocks: Mapping[str, Block]) -> bool:
    """Whether a marketplace that asked to slow down delays it; any does, where the job does not tell its own."""
    marketplaces = marketplaces_of(job)
    return bool(blocks) if not marketplaces else longest(blocks, marketplaces) is not None
