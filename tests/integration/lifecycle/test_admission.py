"""No more jobs of a user run than may, whoever starts, stops, resumes and retries them at the same moment."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.api.life_repository import MongoLifeStore
from services.api.records import Job
from services.api.repository import ensure_indexes
from services.expander.admission import Admission
from services.expander.admission_repository import AdmissionRepository
from services.expander.repository import ExpanderRepository
from shared.jobs import TERMINAL, JobStatus, Step
from shared.mongo import Database, Document, connect
from shared.timeline import Timeline
from shared.transitions import Transitions
from tests.builders import job_document

USER, LIMIT, JOBS = "ann", 3, 20
STARTERS, FINISHERS, HANDS, STEPS = 4, 3, 3, 40
P = JobStatus.PROCESSING


@pytest.fixture
async def databases(mongo_url: str, mongo_database: str) -> AsyncIterator[list[Database]]:
    """The same database over a connection for every process that takes part."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(connect(mongo_url, mongo_database, app=str(n))) for n in range(6)]
        await ensure_indexes(opened[0])
        await ExpanderRepository(opened[0]).create_indexes()
        yield opened


async def insert(database: Database, name: str, **changes: Any) -> Document:
    job = job_document(_id=name, user_id=USER, **changes)
    await database["jobs"].insert_one(job)
    return job


class Stopped(AdmissionRepository):
    """A starter that is stopped between claim and start, for as long as the test likes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.claimed, self.goes_on = asyncio.Event(), asyncio.Event()

    async def start(self, job: Document) -> bool:
        self.claimed.set()
        await self.goes_on.wait()
        return await super().start(job)


async def test_job_that_comes_first_does_not_overtake_one_about_to_be_started(databases: list[Database]) -> None:
    for name in ("r1", "r2"):
        await insert(databases[0], name, status="PROCESSING")
    late = await insert(databases[0], "b")
    stopped = Stopped(databases[1])
    starting = asyncio.create_task(Admission(stopped, LIMIT).admit(late))
    await asyncio.wait_for(stopped.claimed.wait(), 10)
    first = await insert(databases[0], "a", priority="high")
    assert await Admission(AdmissionRepository(databases[2]), LIMIT).admit(first) is None
    stopped.goes_on.set()
    assert (await starting or {})["status"] == P
    assert await databases[0]["jobs"].count_documents({"status": P}) == LIMIT


async def test_claim_made_before_a_pause_does_not_start_the_job_after_it(databases: list[Database]) -> None:
    """Paused, its place is free and taken; resumed, it waits again, whatever its first starter still tries."""
    for name in ("r1", "r2"):
        await insert(databases[0], name, status="PROCESSING")
    job, other = await insert(databases[0], "a"), await insert(databases[0], "b")
    store, stopped = MongoLifeStore(databases[3]), Stopped(databases[1])
    starting = asyncio.create_task(Admission(stopped, LIMIT).admit(job))
    await asyncio.wait_for(stopped.claimed.wait(), 10)
    assert await store.mark_paused(USER, "a")
    assert await Admission(AdmissionRepository(databases[2]), LIMIT).admit(other) is not None
    assert await store.mark_resumed(USER, "a")
    stopped.goes_on.set()
    assert await starting is None
    assert await databases[0]["jobs"].count_documents({"status": P}) == LIMIT


class Crowd:
    """Starters, finishers and users' hands, each over a connection of its own."""

    def __init__(self, databases: list[Database], seed: int) -> None:
        self.databases = databases
        self.random = random.Random(seed)
        self.most_seen = 0
        self.calm = False

    def database(self) -> Database:
        return self.random.choice(self.databases)

    async def pick(self, *statuses: JobStatus) -> str | None:
        found = await self.databases[0]["jobs"].find({"status": {"$in": [str(s) for s in statuses]}}).to_list(None)
        return str(self.random.choice(found)["_id"]) if found else None

    async def over(self) -> bool:
        if not self.calm:
            return False
        query = {"status": {"$nin": [str(status) for status in TERMINAL]}}
        return await self.databases[0]["jobs"].count_documents(query) == 0

    async def start(self) -> None:
        while not await self.over():
            if (name := await self.pick(JobStatus.PENDING)) is None:
                await asyncio.sleep(0.001)
                continue
            repository = AdmissionRepository(self.database())
            if (job := await repository.find_job(name)) is not None:
                await Admission(repository, LIMIT).admit(job)

    async def finish(self) -> None:
        while not await self.over():
            if (name := await self.pick(P)) is not None:
                await Transitions(self.database()).take(name, Step.COMPLETE, actor="aggregator")

    async def watch(self) -> None:
        while not await self.over():
            running = await self.databases[-1]["jobs"].count_documents({"status": str(P)})
            self.most_seen = max(self.most_seen, running)

    async def interfere(self) -> None:
        """What its user does, by one of several windows."""
        for _ in range(STEPS):
            store = MongoLifeStore(self.database())
            name = await self.pick(*JobStatus)
            job = await store.find_job(USER, name or "")
            if job is not None:
                await self.random.choice(HANDLES)(store, job)

    async def let_end(self) -> None:
        await asyncio.gather(*(self.interfere() for _ in range(HANDS)))
        store = MongoLifeStore(self.databases[0])
        while (name := await self.pick(JobStatus.PAUSED)) is not None:
            await store.mark_resumed(USER, name)
        self.calm = True


HANDLES: list[Callable[[MongoLifeStore, Job], Awaitable[bool]]] = [
    lambda store, job: store.mark_paused(USER, job.id),
    lambda store, job: store.mark_resumed(USER, job.id),
    lambda store, job: store.mark_resumed(USER, job.id),
    lambda store, job: store.mark_cancelled(USER, job.id),
    lambda store, job: store.begin_run(job, None, None),
    lambda store, job: store.begin_run(job, None, None),
    lambda store, job: store.set_priority(job, "high"),
    lambda store, job: store.set_priority(job, "low"),
]


async def most_at_once(database: Database, names: list[str]) -> int:
    """How many ran at the same moment, by their timelines."""
    steps: list[tuple[Any, int]] = []
    for name in names:
        for entry in await Timeline(database).find(name, -1, 10_000):
            change = (entry["to"] == P) - (entry["from"] == P)
            if change:
                steps.append((entry["at"], change))
    most = running = 0
    for _, change in sorted(steps):  # of the same millisecond those that stop first
        running += change
        most = max(most, running)
    return most


@pytest.mark.parametrize("seed", [1, 2])
async def test_limit_holds_at_every_moment_and_all_jobs_end(databases: list[Database], seed: int) -> None:
    names = [f"job-{number:02d}" for number in range(JOBS)]
    for name in names:
        await insert(databases[0], name)
    crowd = Crowd(databases, seed)
    starters, finishers = (crowd.start() for _ in range(STARTERS)), (crowd.finish() for _ in range(FINISHERS))
    await asyncio.wait_for(asyncio.gather(*starters, *finishers, crowd.watch(), crowd.let_end()), 90)
    assert 1 <= crowd.most_seen <= LIMIT
    assert await most_at_once(databases[0], names) <= LIMIT
    ended = await databases[0]["jobs"].count_documents({"status": {"$in": ["COMPLETED", "CANCELLED"]}})
    assert ended == JOBS
