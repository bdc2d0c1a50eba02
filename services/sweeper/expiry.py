"""Ends jobs that cannot go on, with a reason their users understand."""

from __future__ import annotations

from services.sweeper.ends import Ends
from services.sweeper.healing import heals_since_progress, waits_for_marketplace
from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared.broker import Broker
from shared.mongo import Document

EXPIRED = "Timeout: Job expired"
LIMIT_REACHED = "Timeout: the job's time limit was reached"
# A job is healed so often without any progress before it is given up.
HEALS_BEFORE_GIVING_UP = 3
# And a job that waits to be started is taken so often by an expander that then cannot start it.
TAKES_BEFORE_GIVING_UP = 3


class Expiry:
    def __init__(self, repository: SweeperRepository, broker: Broker, settings: SweeperSettings) -> None:
        self._repository = repository
        self._ends = Ends(repository, broker)
        self._settings = settings

    async def sweep(self) -> None:
        for job in await self._repository.find_expired(self._settings.pending_limit_seconds, TAKES_BEFORE_GIVING_UP):
            await self._ends.fail(job, EXPIRED)
        blocks = await self._repository.find_blocks()
        for job in await self._repository.find_stalled(self._settings.stalled_limit_seconds):
            if waits_for_marketplace(job, blocks) or not tried_to_go_on(job):
                continue
            hours = self._settings.stalled_limit_seconds / 3600
            await self._ends.fail(job, f"{EXPIRED}: no progress for {hours:g} h, though it was tried to go on")

        for job in await self._repository.find_overdue():
            limit = duration_text(job["settings"]["time_limit_seconds"])
            # A job at work changes all the time, so that its revision says nothing.
            await self._ends.fail_run(job, f"{LIMIT_REACHED}: {limit}")


def duration_text(seconds: float) -> str:
    """90 s, 5 min, 1.5 h: in the largest unit of which there is at least one, from two minutes on."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def tried_to_go_on(job: Document) -> bool:
    """Whether it was healed often enough since its last progress: after an outage of ours it was not."""
    return heals_since_progress(job) >= HEALS_BEFORE_GIVING_UP
