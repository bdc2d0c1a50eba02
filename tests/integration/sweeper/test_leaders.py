"""A sweeper that hung, or whose clock is wrong, does no harm."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from services.sweeper.expiry import Expiry
from services.sweeper.healing import Healing
from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared.mongo import Document
from tests.integration.shared.conftest import OpenBroker
from tests.integration.sweeper.conftest import COLLECT, NEWS, QUEUES, Sweeping, ago
from tests.waiting import eventually

DAY = 86_400.0


class Hanging(SweeperRepository):
    """Of a process that stops in the midst of its round, for longer than its lease, and then goes on."""

    def hang(self) -> None:
        self.has_read = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def find_stalled(self, age: float) -> list[Document]:
        found = await super().find_stalled(age)
        self.has_read.set()
        await self.goes_on.wait()
        return found


async def test_leader_that_hung_heals_nothing_a_second_time(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    await sweeping.running_job(10, fed=10)
    broker, settings = await open_broker(*QUEUES), SweeperSettings(stalled_after_seconds=60)
    hanging = Hanging(sweeping.database)
    hanging.hang()
    late = asyncio.create_task(Healing(hanging, broker, settings).sweep())
    await hanging.has_read.wait()
    await Healing(SweeperRepository(sweeping.database), broker, settings).sweep()
    hanging.goes_on.set()
    await late
    assert await sweeping.rabbit.ready(COLLECT) == 10


async def test_leader_that_hung_ends_no_job_that_goes_on(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    """What it had read is no longer so: the job moved, or was failed by the next leader."""
    moved, failed = [
        await sweeping.running_job(5, fed=5, heals=3, healed_at=ago(100.0), age=10_000.0) for _ in range(2)
    ]
    broker, settings = await open_broker(*QUEUES), SweeperSettings(stalled_limit_seconds=9_000)
    hanging = Hanging(sweeping.database)
    hanging.hang()
    late = asyncio.create_task(Expiry(hanging, broker, settings).sweep())
    await hanging.has_read.wait()
    progress = {"$inc": {"progress": 1, "rev": 1}, "$currentDate": {"updated_at": True}}
    await sweeping.database["jobs"].update_one({"_id": moved}, progress)
    await Expiry(SweeperRepository(sweeping.database), broker, settings).sweep()
    hanging.goes_on.set()
    await late
    assert (await sweeping.stored(moved))["status"] == "PROCESSING"
    assert (await sweeping.stored(failed))["status"] == "FAILED"
    assert await sweeping.rabbit.ready(NEWS) == 1


@pytest.mark.parametrize("skew", [DAY, -DAY])
async def test_clock_of_the_sweepers_machine_means_nothing(sweeping: Sweeping, skew: float) -> None:
    taken = {"takes": 3, "takes_run": 1, "submitted_at": ago(10.0)}
    late, young = await sweeping.job(age=2_000.0, **taken), await sweeping.job(age=1_000.0, **taken)
    unsent, moving = await sweeping.job(age=1.0), await sweeping.running_job(30, fed=10, age=30.0)
    other = {"_id": "sweeper", "owner": "another", "until": ago(-1.0)}
    await sweeping.database["leases"].insert_one(other)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=skew), tick=True):
        async with sweeping.sweeper(stalled_after_seconds=60, stalled_limit_seconds=3_600):
            await sweeping.until(late, status="FAILED")

            async def sent() -> bool:
                return (await sweeping.stored(unsent))["submitted_at"] is not None

            await eventually(sent)
    assert (await sweeping.stored(unsent))["submitted_at"] >= other["until"], "the lease was not waited for"
    assert (await sweeping.stored(young))["status"] == "PENDING"
    assert "heals" not in await sweeping.stored(moving)
    assert await sweeping.rabbit.ready(COLLECT) == 0
