"""Old jobs are deleted whole or not at all: their deletion and another run refuse each other, whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.api.problems import Problem
from services.sweeper.repository import SweeperRepository
from services.sweeper.retention import Retention
from services.sweeper.settings import SweeperSettings
from shared.errors import DatabaseUnavailableError
from shared.jobdeletion import CHILDREN
from shared.mongo import Database, Document
from tests.fakes import FakeClock
from tests.integration.lifecycle.test_runs import counts, run_to_its_end, stored
from tests.integration.lifecycle.world import USER, World

ITEMS = 3


class RacingRepository(SweeperRepository):
    """Somebody asks for the last of the old jobs to be tried again at the worst moment."""

    def __init__(self, world: World, moment: str) -> None:
        super().__init__(world.database)
        self._world = world
        self._moment = moment
        self.refused = ""

    async def find_old_jobs(self, age: float) -> list[Document]:
        found = await super().find_old_jobs(age)
        if self._moment == "found":
            await self._retry(found[-1])
        return found

    async def delete_job(self, job: Document) -> bool:
        deleted = await super().delete_job(job)
        if self._moment == "deleted":
            await self._retry(job)
        return deleted

    async def _retry(self, job: Document) -> None:
        try:
            await self._world.life.retry(USER, job["_id"], None, unfinished=False)
        except Problem as problem:
            self.refused = problem.code


async def old_job(world: World) -> str:
    """It ended 31 days ago, one of its items failed."""
    job_id = await world.submit(ITEMS)
    await run_to_its_end(world, job_id, {1: "timeout"})
    past = {"completed_at": datetime.now(UTC) - timedelta(days=31)}
    await world.database["jobs"].update_one({"_id": job_id}, {"$set": past})
    return job_id


async def sweep(repository: SweeperRepository) -> None:
    await Retention(repository, SweeperSettings(retention_days=30), FakeClock()).sweep()


async def left_of(database: Database, job_id: str) -> set[str]:
    return {name for name in CHILDREN if await database[name].count_documents({"job_id": job_id})}


async def test_old_job_that_is_tried_again_is_not_deleted(world: World) -> None:
    jobs = [await old_job(world) for _ in range(2)]
    before = await left_of(world.database, jobs[-1])
    await sweep(RacingRepository(world, "found"))
    assert await world.database["jobs"].distinct("_id") == [jobs[-1]]
    assert await left_of(world.database, jobs[-1]) >= before
    await run_to_its_end(world, jobs[-1], {})
    assert counts(await stored(world, jobs[-1])) == ("COMPLETED", ITEMS, ITEMS, 0)


async def test_old_job_that_is_deleted_is_not_tried_again(world: World) -> None:
    job_id = await old_job(world)
    repository = RacingRepository(world, "deleted")
    await sweep(repository)
    assert (repository.refused, await left_of(world.database, job_id)) == ("job_not_found", set())
    assert await world.store.was_deleted(USER, job_id)


class DyingRepository(SweeperRepository):
    """The process dies after it has deleted the job, before it deletes what belongs to it."""

    async def delete_job(self, job: Document) -> bool:
        kept = {name: await self._database[name].find({"job_id": job["_id"]}).to_list(None) for name in CHILDREN}
        await super().delete_job(job)
        for name, documents in kept.items():
            if documents:
                await self._database[name].insert_many(documents)
        raise DatabaseUnavailableError("the process has died")


async def test_deletion_that_a_crash_broke_off_is_finished(world: World) -> None:
    job_id = await old_job(world)
    with pytest.raises(DatabaseUnavailableError):
        await sweep(DyingRepository(world.database))
    assert "outcomes" in await left_of(world.database, job_id)
    await world.sweeper.finish_deletions(-1)
    assert await left_of(world.database, job_id) == set()


async def test_job_whose_deletion_came_too_late_keeps_what_it_has(world: World) -> None:
    job_id = await old_job(world)
    await sweep(RacingRepository(world, "found"))
    before = await left_of(world.database, job_id)
    await world.sweeper.finish_deletions(-1)
    assert await left_of(world.database, job_id) == before
