"""What a process measures of itself while it runs: how late its event loop is, whether the database answers."""

from __future__ import annotations

import asyncio
import time

from shared.metrics import DATABASE_CONNECTED, LOOP_LAG_SECONDS
from shared.mongo import Database, ping

LOOP_SECONDS = 0.25
PING_SECONDS = 5.0


async def watch(database: Database) -> None:
    """Until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(watch_loop())
        group.create_task(watch_database(database))


async def watch_loop() -> None:
    """Until cancelled: note how late sleeps end."""
    while True:
        started = time.monotonic()
        await asyncio.sleep(LOOP_SECONDS)
        LOOP_LAG_SECONDS.observe(max(0.0, time.monotonic() - started - LOOP_SECONDS))


async def watch_database(database: Database) -> None:
    """Until cancelled: tell whether the database answers."""
    while True:
        DATABASE_CONNECTED.set(await ping(database))
        await asyncio.sleep(PING_SECONDS)
