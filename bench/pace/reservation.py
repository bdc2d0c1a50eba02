"""What reserving a slot costs: CPU time of whoever asks, and of the database."""

from __future__ import annotations

import asyncio
import time

import uvloop

from bench.meter import Meter
from bench.pace.result import Reservation
from bench.servers import Servers
from shared.clock import SystemClock
from shared.mongo import connect
from shared.pace import Pace
from shared.pacesteps import Limits

# So quick that every slot is near enough to be given out.
LIMITS = Limits(interval=1e-4, pause=1.0, pause_max=1.0)
TOGETHER = 8


def reservation(servers: Servers, count: int) -> Reservation:
    """Microseconds of CPU time per reservation, and how long one takes when several ask at once."""
    return uvloop.run(_reservation(servers, count))


async def _reservation(servers: Servers, count: int) -> Reservation:
    meter = Meter({"database": [servers.pids["mongo"]]})
    async with connect(servers.endpoints["MONGO_URL"], "asinflow", app="bench") as database:
        pace = Pace(database, LIMITS, SystemClock())
        await pace.reserve("reservation")
        database_before, cpu, started = meter.cpu_seconds()["database"], time.process_time(), time.perf_counter()

        async def ask() -> None:
            for _ in range(count // TOGETHER):
                await pace.reserve("reservation")

        await asyncio.gather(*(ask() for _ in range(TOGETHER)))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        spent = meter.cpu_seconds()["database"] - database_before
    made = count // TOGETHER * TOGETHER
    return {
        "reservations": made,
        "client_cpu_us": cpu / made * 1e6,
        "database_cpu_us": spent / made * 1e6,
        "milliseconds": seconds / made * TOGETHER * 1e3,
        "per_second": made / seconds,
    }
