"""Sends what was promised and not confirmed: submissions, pauses, final events. The job itself is the outbox."""

from __future__ import annotations

from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared.broker import Broker
from shared.job_events import ended, submission
from shared.jobnews import news_of
from shared.log import get_logger

log = get_logger(__name__)

ANNOUNCE_AFTER_SECONDS = 3.0


class Outbox:
    def __init__(self, repository: SweeperRepository, broker: Broker, settings: SweeperSettings) -> None:
        self._repository = repository
        self._broker = broker
        self._settings = settings

    async def sweep(self) -> None:
        await self._send_jobs()
        await self._tell_news()
        await self._announce_ends()

    async def _send_jobs(self) -> None:
        unsent = await self._repository.find_unsent(self._settings.unsent_after_seconds)
        unstarted = await self._repository.find_unstarted(self._settings.resend_after_seconds)
        jobs = [*unsent, *unstarted]
        if not jobs:
            return
        await self._broker.publish([submission(job) for job in jobs])
        await self._repository.mark_sent(jobs)
        log.info("jobs_sent_again", unsent=len(unsent), unstarted=len(unstarted))

    async def _tell_news(self) -> None:
        jobs = await self._repository.find_untold(ANNOUNCE_AFTER_SECONDS)
        for job in jobs:
            news = news_of(job)
            await self._broker.publish([message for _, message in news])
            await self._repository.mark_told(job["_id"], max((rev for rev, _ in news), default=0))
        if jobs:
            log.info("pauses_told_again", jobs=len(jobs))

    async def _announce_ends(self) -> None:
        jobs = await self._repository.find_unannounced(ANNOUNCE_AFTER_SECONDS)
        if jobs:
            await self._broker.publish([ended(await self._repository.judge(job)) for job in jobs])
            await self._repository.mark_announced(jobs)
            log.info("ends_announced_again", jobs=len(jobs))
