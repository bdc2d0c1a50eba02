"""Submitting for peers whose publishing is asynchronous: many publications are under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import uvloop

from bench.peers import common

TOGETHER = 500


def submit(start: Callable[[], Awaitable[object]], send: Callable[[str, int, int], Awaitable[object]]) -> None:
    """As `common.submit`; `send(job, seq, total)` publishes one item."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_awaited(start()))

        def send_all(job: str, total: int) -> None:
            for first in range(0, total, TOGETHER):
                places = range(first, min(total, first + TOGETHER))
                runner.run(_gathered([send(job, seq, total) for seq in places]))

        common.submit(send_all)


async def _awaited(one: Awaitable[object]) -> None:
    await one


async def _gathered(all_of_them: list[Awaitable[object]]) -> None:
    await asyncio.gather(*all_of_them)
