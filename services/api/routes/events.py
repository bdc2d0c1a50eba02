"""A job's live events over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from services.api.auth import Caller
from services.api.dependencies import JobsReader, Parts, PartsOf
from services.api.errors import responses
from services.api.streaming import started
from services.api.streams import JobStream, StreamSettings
from shared.jobs import TERMINAL

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MAX_DIGITS = 19
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EXAMPLE = 'event: progress\ndata: {"id": "019ab0c2…", "status": "PROCESSING", "progress": 50, …}\nid: 12\n\n'


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=Response,
    responses={
        200: {
            "description": "`snapshot`, then `progress` as it comes (5 ms apart for every stream that the process "
            "serves: every 5 seconds while a thousand listen), then `completed`, `failed` or `cancelled`, which "
            "is the last; each carries the whole job",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
        },
        204: {"description": "The job has ended and the client has seen its end: nothing will follow"},
        **responses(401, 403, 404, 429, 503),
    },
)
async def follow_job(
    job_id: str,
    caller: JobsReader,
    using: PartsOf,
    last_event_id: Annotated[str | None, Header(description="Go on after this event")] = None,
) -> Response:
    """Server-sent events until the job ends. A comment at least every 15 seconds shows that the stream is alive."""
    job = await using.jobs.get(caller.user_id, job_id)
    seen = _revision(last_event_id)
    if job.status in TERMINAL and seen is not None and seen >= job.rev:
        return Response(status_code=204)
    frames = await started(_frames(using, caller, job_id, seen))
    return StreamingResponse(frames, media_type="text/event-stream", headers=HEADERS)


def _revision(last_event_id: str | None) -> int | None:
    """None for an id that no stream of ours has given out."""
    if last_event_id is None or not last_event_id.isascii() or not last_event_id.isdigit():
        return None
    return int(last_event_id[:MAX_DIGITS])


async def _frames(using: Parts, caller: Caller, job_id: str, seen: int | None) -> AsyncIterator[bytes]:
    """Listens first and reads then, so that nothing falls between."""
    with using.live.listen(caller.user_id, job_id) as listener:
        stream = JobStream(
            using.live,
            listener,
            lambda: using.jobs.get(caller.user_id, job_id),
            using.broker_connected,
            using.clock,
            StreamSettings(heartbeat=using.settings.event_heartbeat_seconds, poll=using.settings.event_poll_seconds),
        )
        async for frame in stream.frames(await using.jobs.get(caller.user_id, job_id), seen):
            yield frame
