"""Tells the world how jobs stand: at most so many times a second each, the last word never left out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from services.aggregator.counting import JobCount, News
from shared.broker import Broker
from shared.clock import Clock
from shared.errors import BrokerUnavailableError
from shared.job_events import ended, progressed, reached
from shared.log import get_logger
from shared.mongo import Document
from shared.outgoing import Outgoing

log = get_logger(__name__)

RETRY_SECONDS = 1.0

MarkAnnounced = Callable[[Sequence[JobCount]], Awaitable[None]]
# The ended job with the verdict on its quality; None when it is gone.
Judge = Callable[[str], Awaitable[Document | None]]


class EventTeller:
    """Progress events are thinned per job; the latest state held back is told as soon as its turn comes."""

    def __init__(
        self, broker: Broker, mark_announced: MarkAnnounced, judge: Judge, clock: Clock, events_per_second: float
    ) -> None:
        self._broker = broker
        self._judge = judge
        self._mark_announced = mark_announced
        self._clock = clock
        self._gap = 1.0 / events_per_second
        self._told_at: dict[str, float] = {}
        self._held: dict[str, JobCount] = {}

    async def counted(self, news: Sequence[News]) -> bool:
        """Whether the broker has the steps; if not, they come again with the next count. Progress is told now or later.

        Never fails, because the counts are stored by now and their facts do not come again.
        """
        self._held |= {each.count.job_id: each.count for each in news}
        due = self._due(each.count for each in news)
        steps = [reached(_document(each.count), percent) for each in news for percent in each.steps]
        return await self._try_to_tell(due, steps)

    async def ended(self, counts: Sequence[JobCount]) -> None:
        """The broker has them when this returns; the sweeper sends them again if we die before that."""
        for count in counts:
            self._held.pop(count.job_id, None)
            self._told_at.pop(count.job_id, None)
        documents = await asyncio.gather(*(self._ended(count) for count in counts))
        told = [(c, document) for c, document in zip(counts, documents, strict=True) if document is not None]
        if told:
            await self._broker.publish([ended(document) for _, document in told])
            await self._mark_announced([count for count, _ in told])

    async def _ended(self, count: JobCount) -> Document | None:
        """None of a job of which there is nothing to tell any more: it was deleted, or another run has begun."""
        if not count.gated:
            return _document(count)
        job = await self._judge(count.job_id)
        return job if job is not None and job["run"] == count.run else None

    async def tell_held(self) -> None:
        """Until cancelled: tell what was held back once its gap has passed."""
        while True:
            await self._clock.sleep(self._gap / 4)
            due = self._due(self._held.values())
            now = self._clock.monotonic()
            self._told_at = {i: at for i, at in self._told_at.items() if now - at < self._gap}
            if due and not await self._try_to_tell(due):
                await self._clock.sleep(RETRY_SECONDS)

    def _due(self, counts: Iterable[JobCount]) -> list[JobCount]:
        now = self._clock.monotonic()
        return [c for c in counts if now - self._told_at.get(c.job_id, float("-inf")) >= self._gap]

    async def _try_to_tell(self, counts: Sequence[JobCount], steps: Sequence[Outgoing] = ()) -> bool:
        try:
            await self._broker.publish([*(progressed(_document(count)) for count in counts), *steps])
        except BrokerUnavailableError as error:
            # Still held: told once the broker is back.
            log.warning("progress_not_told", jobs=len(counts), steps=len(steps), error=error.message)
            return False
        now = self._clock.monotonic()
        for count in counts:
            self._told_at[count.job_id] = now
            if self._held.get(count.job_id) is count:
                del self._held[count.job_id]
        return True


def _document(count: JobCount) -> Document:
    return {
        "_id": count.job_id,
        "user_id": count.user_id,
        "run": count.run,
        "rev": count.rev,
        "status": count.status,
        "total_items": count.total_items,
        "progress": count.progress,
        "success_count": count.success_count,
        "error_count": count.error_count,
        "traceparent": count.traceparent,
    }
