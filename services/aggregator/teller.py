"""Tells the world how jobs stand: at most so many times a second each, the last word never left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from services.aggregator.counting import JobCount
from shared.broker import Broker
from shared.clock import Clock
from shared.errors import BrokerUnavailableError
from shared.job_events import ended, progressed, reached
from shared.log import get_logger
from shared.mongo import Document
from shared.outgoing import Outgoing

log = get_logger(__name__)

RETRY_SECONDS = 1.0

MarkAnnounced = Callable[[str, int], Awaitable[None]]
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

    async def progressed(self, count: JobCount) -> None:
        """Told now or later; never fails, because the count is stored by now and its facts do not come again."""
        self._held[count.job_id] = count
        if self._clock.monotonic() - self._told_at.get(count.job_id, float("-inf")) >= self._gap:
            await self._try_to_tell([count])

    async def reached(self, count: JobCount, percents: Sequence[int]) -> bool:
        """Whether the broker has them; if not, they come again with the next count."""
        try:
            await self._broker.publish([reached(_document(count), percent) for percent in percents])
        except BrokerUnavailableError as error:
            log.warning("steps_not_told", job_id=count.job_id, percents=list(percents), error=error.message)
            return False
        return True

    async def ended(self, count: JobCount) -> None:
        """The broker has it when this returns; the sweeper sends it again if we die before that."""
        self._held.pop(count.job_id, None)
        self._told_at.pop(count.job_id, None)
        job = await self._judge(count.job_id) if count.gated else None
        if count.gated and (job is None or job["run"] != count.run):
            return  # deleted, or another run has begun: there is nothing to tell any more
        await self._broker.publish([ended(job or _document(count))])
        await self._mark_announced(count.job_id, count.run)

    async def tell_held(self) -> None:
        """Until cancelled: tell what was held back once its gap has passed."""
        while True:
            await self._clock.sleep(self._gap / 4)
            now = self._clock.monotonic()
            due = [c for i, c in self._held.items() if now - self._told_at.get(i, float("-inf")) >= self._gap]
            self._told_at = {i: at for i, at in self._told_at.items() if now - at < self._gap}
            if due and not await self._try_to_tell(due):
                await self._clock.sleep(RETRY_SECONDS)

    async def _try_to_tell(self, counts: Sequence[JobCount]) -> bool:
        try:
            await self._tell(counts)
        except BrokerUnavailableError as error:
            # Still held: told once the broker is back.
            log.warning("progress_not_told", jobs=len(counts), error=error.message)
            return False
        return True

    async def _tell(self, counts: Sequence[JobCount]) -> None:
        messages: list[Outgoing] = [progressed(_document(count)) for count in counts]
        await self._broker.publish(messages)
        now = self._clock.monotonic()
        for count in counts:
            self._told_at[count.job_id] = now
            if self._held.get(count.job_id) is count:
                del self._held[count.job_id]


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
