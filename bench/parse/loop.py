"""How late an event loop runs, alone and beside a parser thread that is never idle."""

from __future__ import annotations

import asyncio
import time

from shared.amazon.pages import parse
from shared.garbage import spare_what_is_loaded
from shared.html_source import parser_threads

TICK_SECONDS = 0.001


async def lags(seconds: float) -> list[float]:
    """By how much each of many short sleeps on this loop overslept, in seconds."""
    found = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        await asyncio.sleep(TICK_SECONDS)
        found.append(time.perf_counter() - start - TICK_SECONDS)
    return found


async def lags_while_parsing(body: bytes, url: str, seconds: float) -> tuple[list[float], int]:
    """The same while a parser thread is never idle, and how many pages it parsed."""
    spare_what_is_loaded()  # as every service does
    loop, pages, done = asyncio.get_running_loop(), 0, False
    with parser_threads(1) as executor:

        async def keep_busy() -> None:
            nonlocal pages
            while not done:
                await loop.run_in_executor(executor, lambda: parse(body, url=url))
                pages += 1

        busy = asyncio.create_task(keep_busy())
        found = await lags(seconds)
        done = True
        await busy
    return found, pages
