"""Waiting for a marketplace only as long as the job wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from shared.errors import DatabaseUnavailableError, NoLongerWantedError
from shared.source import Wanted

T = TypeVar("T")

# How often it is looked whether the job still runs.
LOOK_SECONDS = 0.4


async def while_running(request: Callable[[Wanted], Coroutine[Any, Any, T]], runs: Callable[[], Awaitable[bool]]) -> T:
    """Make a request, which may have to wait for its turn for minutes.

    Raises NoLongerWantedError, within a second, when the job stops running before the request is sent; one that has
    been sent is awaited.
    """
    sent = False

    def wanted() -> bool:
        nonlocal sent
        sent = True
        return True

    task = asyncio.create_task(request(wanted))
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
            if not sent and not await known_to_run(runs) and not sent:
                raise NoLongerWantedError("the job does not run any more")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def known_to_run(runs: Callable[[], Awaitable[bool]]) -> bool:
    """What `runs` says; True while it cannot say."""
    try:
        return await runs()
    except DatabaseUnavailableError:
        return True
