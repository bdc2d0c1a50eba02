"""A job's events as a stream of server-sent events: a snapshot, what changes, the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from services.api.live import Listener, LiveJobs
from services.api.records import Job
from services.api.views import job_view
from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.log import get_logger
from shared.messages import JobEvent

log = get_logger(__name__)

RETRY_MILLISECONDS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """A stream says something at least every `heartbeat` seconds; every `poll` it looks whether the broker is there."""

    heartbeat: float
    poll: float


class JobStream:
    """Follows one job through events, and through the database where events may have been missed."""

    def __init__(
        self,
        live: LiveJobs,
        listener: Listener,
        read: Callable[[], Awaitable[Job]],
        connected: Callable[[], bool],
        clock: Clock,
        settings: StreamSettings,
    ) -> None:
        self._live = live
        self._listener = listener
        self._read = read
        self._connected = connected
        self._clock = clock
        self._settings = settings
        self._was_connected = connected()

    async def frames(self, job: Job, seen: int | None) -> AsyncIterator[bytes]:
        """From `job` as just read; `seen` is the revision that the client has, if it was here before."""
        ended = job.over
        if seen is None or job.rev > seen or ended:
            # The end's own frame carries the id of an ended job: a client that has the id has seen the end.
            yield self._frame("snapshot", job, with_id=not ended, retry=RETRY_MILLISECONDS)
        else:
            yield KEEPALIVE_COMMENT
        while not job.over:
            newer = await self._next(job)
            if self._live.closed:
                return
            if newer is None:
                yield KEEPALIVE_COMMENT
            else:
                job = newer
                if not job.over:
                    yield self._shared_frame("progress", job)
        yield self._shared_frame(job.status.lower(), job)

    async def _next(self, job: Job) -> Job | None:
        """The job once it has changed; None when there was nothing to say for the time of a heartbeat."""
        deadline = self._clock.monotonic() + self._settings.heartbeat
        while not self._live.closed:
            left = deadline - self._clock.monotonic()
            news = await self._listener.wait(max(0.0, min(left, self._settings.poll)))
            event = self._listener.take()
            if event is not None and event.rev <= job.rev:
                continue
            if event is not None and event.status == job.status:
                return self._listener.audience.advance(job, event, _advanced)
            overdue = self._clock.monotonic() >= deadline
            if news or overdue or self._may_have_missed():
                fresh = await self._reread(job)
                if fresh.rev > job.rev or fresh.over:
                    return fresh
            if overdue:
                return None
        return None

    def _may_have_missed(self) -> bool:
        """While the broker is away, and once more when it is back."""
        connected = self._connected()
        missed = not (connected and self._was_connected)
        self._was_connected = connected
        return missed

    async def _reread(self, job: Job) -> Job:
        try:
            return await self._listener.audience.read(self._read)
        except DatabaseUnavailableError as error:
            log.warning("stream_read_failed", job_id=job.id, reason=error.message)
            return job

    def _shared_frame(self, name: str, job: Job) -> bytes:
        return self._listener.audience.frame(name, job, lambda: self._frame(name, job))

    def _frame(self, name: str, job: Job, *, with_id: bool = True, retry: int | None = None) -> bytes:
        data = job_view(job, self._clock.now()).model_dump_json()
        return format_sse_event(data_str=data, event=name, id=str(job.rev) if with_id else None, retry=retry)


def _advanced(job: Job, event: JobEvent) -> Job:
    return replace(
        job,
        rev=event.rev,
        total_items=event.total_items,
        progress=event.progress,
        success_count=event.success_count,
        error_count=event.error_count,
        updated_at=event.at,
    )
