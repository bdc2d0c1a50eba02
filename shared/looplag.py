"""Measures how late the event loop is."""

from __future__ import annotations

import asyncio
import time

from shared.metrics import LOOP_LAG_SECONDS

PERIOD_SECONDS = 0.25


async def measure_loop_lag() -> None:
    """Until cancelled."""
    while True:
        started = time.monotonic()
        await asyncio.sleep(PERIOD_SECONDS)
        LOOP_LAG_SECONDS.observe(max(0.0, time.monotonic() - started - PERIOD_SECONDS))
