"""Live job events: one broker queue per process, fanned out to whoever listens here."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator

from services.api import metrics
from services.api.problems import Problem
from services.api.records import Job
from shared.errors import DecodeError
from shared.flights import Flights
from shared.ids import new_id
from shared.intake import Intake
from shared.log import get_logger
from shared.messages import FINAL_EVENTS, JobEvent, JobExpanded, JobPaused, JobProgressed, JobResumed, Message
from shared.topology import Queue, listener_queue
from shared.worker import decode

log = get_logger(__name__)

EVENTS: tuple[type[Message], ...] = (JobProgressed, JobExpanded, JobPaused, JobResumed, *FINAL_EVENTS.values())
BATCH = 500
PREFETCH = 1_000
# What telling all streams of progress may take of a processor, and what telling one takes of it at both ends.
PROGRESS_SHARE = 0.05
FRAME_SECONDS = 250e-6


def events_queue(instance: str) -> Queue:
    """The queue of one process. The suffix keeps a restarted one apart from its predecessor's, which may linger."""
    return listener_queue(f"api.events.{instance}.{new_id()[-8:]}", *(model.TYPE for model in EVENTS))


class Listener:
    """Keeps the latest state of one job for one reader: however slow it reads, it holds one event at most."""

    def __init__(self, audience: Audience | None = None) -> None:
        self.audience = audience or Audience()
        self._latest: JobEvent | None = None
        self._news = asyncio.Event()

    def offer(self, message: Message) -> None:
        """An event that brings no state only says that something is new."""
        if isinstance(message, JobEvent) and (self._latest is None or message.rev > self._latest.rev):
            self._latest = message
        self._news.set()

    def wake(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there was news within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def take(self) -> JobEvent | None:
        """The latest state since the last call, if any came."""
        latest, self._latest = self._latest, None
        return latest


class Audience:
    """The listeners to one job: what one of them has read of it, or made of it, serves the others as well."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._progress_told = -math.inf
        self._waiting: JobProgressed | None = None
        self._news = 0
        self._reads: Flights[Job] = Flights()
        self._advanced: tuple[Job, JobEvent, Job] | None = None
        self._made: tuple[str, Job, bytes] | None = None

    def offer(self, message: Message, rest: float = 0.0) -> None:
        """Hand on: progress at most every `rest` seconds, the newest in place of what waits; all else at once."""
        if not isinstance(message, JobProgressed):
            self._tell(message)
        elif self._waiting is not None:
            self._waiting = max(self._waiting, message, key=lambda each: each.rev)
        elif (left := self._progress_told + rest - time.monotonic()) <= 0:
            self._tell_progress(message)
        else:
            self._waiting = message
            asyncio.get_running_loop().call_later(left, self._end_waiting)

    def _end_waiting(self) -> None:
        message, self._waiting = self._waiting, None
        if message is not None:
            self._tell_progress(message)

    def _tell_progress(self, message: JobProgressed) -> None:
        self._progress_told = time.monotonic()
        self._tell(message)

    def _tell(self, message: Message) -> None:
        self._news += 1
        for listener in self.listeners:
            listener.offer(message)

    async def read(self, read: Callable[[], Awaitable[Job]]) -> Job:
        """The job, read no earlier than the latest news came; those who ask meanwhile share one reading."""
        job, _ = await self._reads.fly(str(self._news), read)
        return job

    def advance(self, job: Job, event: JobEvent, advance: Callable[[Job, JobEvent], Job]) -> Job:
        """What `advance` makes of the job by this event: the very same for all who had the same of it."""
        done = self._advanced
        if done is None or done[1] is not event or not _same(done[0], job):
            done = self._advanced = (job, event, advance(job, event))
        return done[2]

    def frame(self, name: str, job: Job, make: Callable[[], bytes]) -> bytes:
        """What `make` makes of the job in this state; made by another listener, it tells that moment's times."""
        made = self._made
        if made is None or made[0] != name or not _same(made[1], job):
            made = self._made = (name, job, make())
        return made[2]


def _same(one: Job, other: Job) -> bool:
    return one is other or one == other


class LiveJobs:
    """Who listens to which job. `close` ends all streams, so that the process can stop."""

    def __init__(self, max_per_user: int) -> None:
        self._max_per_user = max_per_user
        self._audiences: defaultdict[str, Audience] = defaultdict(Audience)
        self._open: defaultdict[str, int] = defaultdict(int)
        self._streams = 0
        self.closed = False

    @contextlib.contextmanager
    def listen(self, user_id: str, job_id: str) -> Iterator[Listener]:
        """Events of the job arrive at the listener within the block. Raises Problem (429) past the user's limit."""
        if self._open[user_id] >= self._max_per_user:
            raise Problem(429, "too_many_streams", f"At most {self._max_per_user} streams at once.", retryable=True)
        audience = self._audiences[job_id]
        listener = Listener(audience)
        self._open[user_id] += 1
        self._streams += 1
        audience.listeners.add(listener)
        metrics.STREAMS.inc()
        try:
            yield listener
        finally:
            metrics.STREAMS.dec()
            self._forget(user_id, job_id, listener)

    def _forget(self, user_id: str, job_id: str, listener: Listener) -> None:
        self._open[user_id] -= 1
        self._streams -= 1
        if not self._open[user_id]:
            del self._open[user_id]
        self._audiences[job_id].listeners.discard(listener)
        if not self._audiences[job_id].listeners:
            del self._audiences[job_id]

    def dispatch(self, message: Message) -> None:
        """Hand an event to the listeners of its job; the more streams there are, the less often progress."""
        audience = self._audiences.get(message.job_id)
        if audience is not None:
            audience.offer(message, rest=self._streams * FRAME_SECONDS / PROGRESS_SHARE)

    def close(self) -> None:
        self.closed = True
        for audience in self._audiences.values():
            for listener in audience.listeners:
                listener.wake()


async def feed(intake: Intake, live: LiveJobs) -> None:
    """Hand on events until cancelled. Nothing rests on them: a reader that misses one reads the job again."""
    try:
        while True:
            for delivery in await intake.batch(BATCH, 0.0):
                try:
                    live.dispatch(decode(delivery, EVENTS))
                except DecodeError as error:
                    log.warning("event_ignored", type=delivery.type, reason=error.message)
                delivery.done()
    finally:
        await intake.close()
