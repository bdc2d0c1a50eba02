"""A crowd that follows one job.

    python -m bench.latency.listeners

Reads orders from standard input, a line of JSON each (`url`, `token`, `job_id`, `listeners`); says `listening` once
everyone has seen the job, and what they saw once everyone has seen its end.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.latency.http import request_bytes
from bench.latency.samples import spread

# Of the frames of so many listeners one is looked at for when it was made: looking costs more than listening.
SAMPLE = 20
TOGETHER = 50
LONGEST_SECONDS = 120.0
_MADE = re.compile(rb'"updated_at":"([^"]+)"')


class Crowd:
    """What all listeners saw together."""

    def __init__(self, listeners: int) -> None:
        self._expected = listeners
        self._began, self._ended = 0, 0
        self.frames = 0
        self.completed = 0
        self.lags: list[float] = []
        self.all_listen, self.all_done = asyncio.Event(), asyncio.Event()

    def began(self) -> None:
        self._began += 1
        if self._began == self._expected:
            self.all_listen.set()

    def ended(self) -> None:
        self._ended += 1
        if self._ended == self._expected:
            self.all_done.set()


class Listener(asyncio.Protocol):
    def __init__(self, crowd: Crowd, request: bytes, *, looks: bool) -> None:
        self._crowd, self._request, self._looks = crowd, request, looks
        self._heard = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        frames = data.count(b"event: ")
        self._crowd.frames += frames
        if frames and not self._heard:
            self._heard = True
            self._crowd.began()
        elif self._looks and (made := _MADE.search(data)):
            self._crowd.lags.append(time.time() - datetime.fromisoformat(made[1].decode()).timestamp())
        if b"event: completed" in data:
            self._crowd.completed += 1
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.ended()


async def listen(url: str, token: str, job_id: str, listeners: int) -> dict[str, object]:
    parts, loop, crowd = urlsplit(url), asyncio.get_running_loop(), Crowd(listeners)
    request = request_bytes(url, token, "GET", f"/v1/jobs/{job_id}/events")
    for first in range(0, listeners, TOGETHER):
        numbers = range(first, min(first + TOGETHER, listeners))
        made = (lambda looks=not n % SAMPLE: Listener(crowd, request, looks=looks) for n in numbers)
        await asyncio.gather(*(loop.create_connection(each, parts.hostname, parts.port) for each in made))
    async with asyncio.timeout(LONGEST_SECONDS):
        await crowd.all_listen.wait()
        print("listening", flush=True)
        await crowd.all_done.wait()
    return {"frames": crowd.frames, "completed": crowd.completed, "lag": spread(crowd.lags) if crowd.lags else None}


async def main() -> None:
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await listen(**json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
