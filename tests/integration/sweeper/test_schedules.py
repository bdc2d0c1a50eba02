"""A schedule that is due makes one job, however many leaders there are and wherever one dies."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.sweeper.schedule_repository import ScheduleRepository
from services.sweeper.schedules import Schedules
from shared.clock import SystemClock
from shared.ids import new_id
from shared.mongo import Document
from shared.schedules import scheduled_job_id
from tests.integration.sweeper.conftest import Sweeping
from tests.unit.api.builders import JOB_SETTINGS
from tests.waiting import eventually

KEYS = [f"amazon.co.jp:B{number:09d}" for number in range(1_001)]
JOB = {"type": "BULK_ASIN", "priority": "normal", "request": {"count": 1_001}, "settings": JOB_SETTINGS}


class Scheduling:
    def __init__(self, sweeping: Sweeping) -> None:
        self.database = sweeping.database
        self.repository = ScheduleRepository(sweeping.database)

    def duty(self, repository: ScheduleRepository | None = None) -> Schedules:
        return Schedules(repository or self.repository, SystemClock(), 300.0)

    async def schedule(self, *, late: float = 1.0, **changes: Any) -> Document:
        due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=late)
        document = {
            "_id": new_id(),
            "user_id": "ann",
            "cron": "* * * * *",
            "timezone": "Asia/Tokyo",
            "paused": False,
            "missed": "run_once",
            "overlap": "skip",
            "next_at": due,
            "last_job_id": None,
            "job": {**JOB, "tags": ["t"], "metadata": [["a.b", "c"]]},
            "keys": KEYS,
            **changes,
        }
        await self.database["schedules"].insert_one(document)
        return document

    async def jobs(self) -> list[Document]:
        return await self.database["jobs"].find({}).to_list(None)

    async def outcomes(self) -> list[str]:
        return [each["outcome"] async for each in self.database["schedule_runs"].find({})]

    async def stored(self, schedule: Document) -> Document:
        found = await self.database["schedules"].find_one({"_id": schedule["_id"]})
        assert found is not None
        return found


@pytest.fixture
def scheduling(sweeping: Sweeping) -> Scheduling:
    return Scheduling(sweeping)


async def test_job_of_a_schedule_is_submitted_as_any_other(sweeping: Sweeping, scheduling: Scheduling) -> None:
    schedule = await scheduling.schedule()
    async with sweeping.sweeper():

        async def sent() -> Document:
            [job] = await scheduling.jobs()
            assert job["submitted_at"] is not None
            return job

        async def made() -> bool:
            return bool(await scheduling.jobs())

        await eventually(made)
        job = await eventually(sent)
    assert job["_id"] == scheduled_job_id(schedule["_id"], schedule["next_at"])
    assert (job["user_id"], job["tags"], job["metadata"]) == ("ann", ["t"], [["a.b", "c"]])
    chunks = await scheduling.database["sources"].find({"job_id": job["_id"]}).sort("n", 1).to_list(None)
    assert [key for chunk in chunks for key in chunk["keys"]] == KEYS
    moved = await scheduling.stored(schedule)
    assert moved["last_job_id"] == job["_id"]
    assert moved["next_at"] > datetime.now(UTC) - timedelta(seconds=1)


class Dying(ScheduleRepository):
    """Of a leader that dies between making the job and going on."""

    async def advance(self, schedule: Document, next_at: datetime | None, job_id: str | None) -> None:
        raise ConnectionError("died")


async def test_two_leaders_and_one_that_died_make_one_job(scheduling: Scheduling) -> None:
    await scheduling.schedule()
    with pytest.raises(ConnectionError):
        await scheduling.duty(Dying(scheduling.database)).sweep()
    await asyncio.gather(*(scheduling.duty().sweep() for _ in range(3)))
    assert len(await scheduling.jobs()) == 1
    assert await scheduling.outcomes() == ["fired"]


async def test_decision_made_first_stands(scheduling: Scheduling) -> None:
    """A leader that died after it has decided is followed by one to which it is too late."""
    schedule = await scheduling.schedule(late=400.0, missed="skip")
    decided = {"_id": f"{schedule['_id']}:{int(schedule['next_at'].timestamp())}", "schedule_id": schedule["_id"]}
    job_id = scheduled_job_id(schedule["_id"], schedule["next_at"])
    await scheduling.database["schedule_runs"].insert_one({**decided, "outcome": "fired", "job_id": job_id})
    await scheduling.duty().sweep()
    assert [job["_id"] for job in await scheduling.jobs()] == [job_id]


@pytest.mark.parametrize(("missed", "outcome", "jobs"), [("skip", "missed", 0), ("run_once", "fired", 1)])
async def test_missed_times_are_left_out_or_made_up_for_once(
    scheduling: Scheduling, missed: str, outcome: str, jobs: int
) -> None:
    schedule = await scheduling.schedule(late=7_200.0, missed=missed)
    for _ in range(3):
        await scheduling.duty().sweep()
    assert (await scheduling.outcomes(), len(await scheduling.jobs())) == ([outcome], jobs)
    assert (await scheduling.stored(schedule))["next_at"] > datetime.now(UTC) - timedelta(seconds=61)


@pytest.mark.parametrize(
    ("overlap", "status", "outcome"),
    [("skip", "PROCESSING", "overlap"), ("skip", "COMPLETED", "fired"), ("allow", "PROCESSING", "fired")],
)
async def test_run_is_left_out_while_the_last_one_goes_on(
    sweeping: Sweeping, scheduling: Scheduling, overlap: str, status: str, outcome: str
) -> None:
    last = await sweeping.job(status=status)
    schedule = await scheduling.schedule(overlap=overlap, last_job_id=last)
    await scheduling.duty().sweep()
    [run] = await scheduling.database["schedule_runs"].find({}).to_list(None)
    assert run["outcome"] == outcome
    assert run["previous_job_id"] == (last if outcome == "fired" else None)
    assert ((await scheduling.stored(schedule))["last_job_id"] == last) == (outcome == "overlap")


async def test_paused_schedule_makes_nothing(scheduling: Scheduling) -> None:
    await scheduling.schedule(paused=True)
    await scheduling.duty().sweep()
    assert await scheduling.outcomes() == []
