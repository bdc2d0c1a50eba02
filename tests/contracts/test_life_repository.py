"""Steps of a job's life are taken in memory and in the database alike; the database also keeps their timeline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api import repository
from services.api.life_repository import MongoLifeStore
from services.api.records import Job
from services.expander.admission_repository import AdmissionRepository
from shared.jobdeletion import CHILDREN
from shared.jobs import JobStatus, JobType
from shared.mongo import Database, Document, connect
from shared.selection import Selection
from shared.timeline import Timeline
from tests.contracts.test_job_repository import Jobs, inserted
from tests.contracts.test_job_repository import jobs as jobs  # noqa: PLC0414  the fixture
from tests.unit.api.builders import JOB_SETTINGS, new_job

S = JobStatus


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        await repository.ensure_indexes(database)
        yield database


@pytest.fixture
def life(database: Database) -> MongoLifeStore:
    return MongoLifeStore(database)


async def reread(jobs: Jobs, job: Job) -> Job:
    found = await jobs.find_job(job.user_id, job.id)
    assert found is not None
    return found


async def test_job_is_paused_and_resumed_once(jobs: Jobs) -> None:
    job = await inserted(jobs)
    assert [await jobs.mark_paused("ann", job.id) for _ in range(2)] == [True, False]
    paused = await reread(jobs, job)
    assert (paused.status, paused.rev, paused.status_reason) == (S.PAUSED, 1, "Paused by its user")
    assert [await jobs.mark_resumed("ann", job.id) for _ in range(2)] == [True, False]
    resumed = await reread(jobs, job)
    assert (resumed.status, resumed.rev, resumed.status_reason) == (S.PENDING, 2, None)


async def test_job_of_another_user_is_not_stopped(jobs: Jobs) -> None:
    job = await inserted(jobs)
    assert not await jobs.mark_paused("bob", job.id)
    assert not await jobs.mark_resumed("bob", job.id)
    assert await reread(jobs, job) == job


async def test_run_begins_once_and_forgets_the_one_before(jobs: Jobs) -> None:
    job = await inserted(jobs)
    selection = Selection(behind=1, codes=("timeout",))
    assert not await jobs.begin_run(job, selection, None)
    await jobs.mark_cancelled("ann", job.id)
    ended = await reread(jobs, job)
    assert [await jobs.begin_run(ended, selection, None) for _ in range(2)] == [True, False]
    begun = await reread(jobs, job)
    assert (begun.status, begun.run, begun.rev, begun.choosing, begun.behind) == (S.PENDING, 2, 2, True, 1)
    assert (begun.started_at, begun.completed_at, begun.announced) == (None, None, False)
    assert (begun.settings, begun.created_at) == (job.settings, job.created_at)


async def test_verdict_is_given_once_a_run_and_forgotten_with_the_next(jobs: Jobs) -> None:
    gate = {"min_success_rate": 50, "min_coverage": {"price": 10}}
    job = await inserted(jobs, settings={**JOB_SETTINGS, "quality_gate": gate})
    await jobs.mark_cancelled("ann", job.id)
    ended = await reread(jobs, job)
    judged = [await jobs.judge(ended) for _ in range(2)]
    assert judged[0] == judged[1] == await reread(jobs, job)
    assert judged[0] is not None
    assert judged[0].quality is not None
    assert (judged[0].rev, judged[0].over) == (2, True)
    assert [(each.rule, each.got) for each in judged[0].quality.reasons] == [
        ("min_success_rate", 0.0),
        ("min_coverage.price", None),
    ]
    assert await jobs.begin_run(judged[0], None, None)
    assert (await reread(jobs, job)).quality is None


@pytest.mark.parametrize(("age", "kept"), [(60, 60), (86_400, 300)])
async def test_age_asked_for_lowers_the_setting(jobs: Jobs, age: int, kept: int) -> None:
    job = await inserted(jobs)
    await jobs.mark_cancelled("ann", job.id)
    selection = Selection(behind=1, failed=False, older_than_seconds=age)
    assert await jobs.begin_run(await reread(jobs, job), selection, age)
    assert (await reread(jobs, job)).settings["max_age_seconds"] == kept


async def test_priority_of_a_living_job_changes(jobs: Jobs) -> None:
    job = await inserted(jobs)
    assert await jobs.set_priority(job, "high")
    changed = await reread(jobs, job)
    assert (changed.priority, changed.rev) == ("high", 1)
    assert not await jobs.set_priority(job, "low")
    await jobs.mark_cancelled("ann", job.id)
    assert not await jobs.set_priority(await reread(jobs, job), "low")


@pytest.mark.parametrize(
    ("job_type", "reason"),
    [(JobType.BULK_ASIN, "before it was begun"), (JobType.KEYWORD, "before all its products were found out")],
)
async def test_job_cancelled_before_its_items_are_found_out_says_so(jobs: Jobs, job_type: JobType, reason: str) -> None:
    job = await inserted(jobs, type=job_type)
    assert await jobs.mark_cancelled("ann", job.id)
    assert (await reread(jobs, job)).status_reason == f"Cancelled by its user {reason}"


async def test_steps_to_be_told_stay_until_they_are(jobs: Jobs) -> None:
    job = await inserted(jobs)
    await jobs.mark_paused("ann", job.id)
    await jobs.mark_resumed("ann", job.id)
    assert [dict(told) for told in (await reread(jobs, job)).news] == [
        {"rev": 1, "step": "pause"},
        {"rev": 2, "step": "resume"},
    ]
    await jobs.mark_told(job.id, 1)
    assert [told["rev"] for told in (await reread(jobs, job)).news] == [2]
    await jobs.mark_told(job.id, 2)
    assert (await reread(jobs, job)).news == ()


async def test_only_an_ended_job_is_deleted(jobs: Jobs) -> None:
    job, other = await inserted(jobs), await inserted(jobs)
    assert not await jobs.delete_job(job)
    await jobs.mark_cancelled("ann", job.id)
    assert not await jobs.delete_job(job)
    assert not await jobs.was_deleted("ann", other.id)
    assert await jobs.delete_job(await reread(jobs, job))
    assert [await jobs.was_deleted(user, job.id) for user in ("ann", "bob")] == [True, False]
    assert await jobs.find_job("ann", job.id) is None
    assert await reread(jobs, other) == other


async def test_timeline_tells_what_was_done(jobs: Jobs) -> None:
    job = await inserted(jobs)
    await jobs.mark_paused("ann", job.id)
    await jobs.mark_resumed("ann", job.id)
    await jobs.mark_cancelled("ann", job.id)
    await jobs.begin_run(await reread(jobs, job), Selection(behind=1), None)
    told = await jobs.find_timeline(await reread(jobs, job), -1, 9)
    assert [(e.rev, e.kind, e.before, e.after, e.run, e.actor) for e in told] == [
        (0, "submit", None, S.PENDING, 1, "user"),
        (1, "pause", S.PENDING, S.PAUSED, 1, "user"),
        (2, "resume", S.PAUSED, S.PENDING, 1, "user"),
        (3, "cancel", S.PENDING, S.CANCELLED, 1, "user"),
        (4, "retry", S.CANCELLED, S.PENDING, 2, "user"),
    ]
    assert [e.kind for e in await jobs.find_timeline(job, 2, 1)] == ["cancel"]
    assert sorted(told, key=lambda e: e.at) == told


async def test_entry_not_moved_on_is_told_and_moved_with_the_next(database: Database, life: MongoLifeStore) -> None:
    job = await inserted(life)
    await life.mark_paused("ann", job.id)
    entry = await database["job_events"].find_one_and_delete({"job_id": job.id})
    assert entry is not None
    waiting = {name: entry[name] for name in entry.keys() - {"_id", "job_id"}}
    await database["jobs"].update_one({"_id": job.id}, {"$set": {"untold": [waiting]}})
    assert [e.kind for e in await life.find_timeline(job, 0, 9)] == ["pause"]
    await life.mark_resumed("ann", job.id)
    assert [e.kind for e in await life.find_timeline(job, 0, 9)] == ["pause", "resume"]
    stored = await database["jobs"].find_one({"_id": job.id})
    assert stored is not None
    assert stored["untold"] == []


async def test_entries_are_moved_once_by_several_at_a_time(database: Database, life: MongoLifeStore) -> None:
    job = await inserted(life)
    await asyncio.gather(*(life.mark_paused("ann", job.id) for _ in range(5)))
    await asyncio.gather(*(Timeline(database).publish(job.id) for _ in range(5)))
    assert await database["job_events"].count_documents({"job_id": job.id}) == 1


async def test_everything_of_a_deleted_job_goes(database: Database, life: MongoLifeStore) -> None:
    job, other = await inserted(life), await inserted(life)
    for name in CHILDREN:
        await database[name].insert_many([{"_id": f"{i}:x", "job_id": i} for i in (job.id, other.id)])
    await database["products"].insert_one({"_id": "p", "job_id": job.id})  # type: ignore[dict-item]  a plain id
    await life.mark_cancelled("ann", job.id)
    assert await life.delete_job(await reread(life, job))
    left = {name: await database[name].distinct("job_id") for name in CHILDREN}
    assert left == {name: [other.id] for name in CHILDREN}
    assert await database["products"].count_documents({}) == 1
    assert await database["deletions"].count_documents({"_id": job.id}) == 1


async def test_failures_are_known_by_code(database: Database, life: MongoLifeStore) -> None:
    job = await inserted(life)
    outcomes: list[Document] = [
        {"_id": "1", "job_id": job.id, "run": 1, "status": "failed", "error": {"code": "timeout"}},
        {"_id": "2", "job_id": "other", "run": 1, "status": "failed", "error": {"code": "captcha"}},
        {"_id": "3", "job_id": job.id, "run": 1, "status": "succeeded", "error": None},
    ]
    await database["outcomes"].insert_many(outcomes)
    asked: list[tuple[str, ...] | None] = [None, ("timeout",), ("captcha",), ("captcha", "timeout")]
    assert [await life.has_failed(job, codes) for codes in asked] == [True, True, False, True]


async def times(database: Database, job: Job) -> Any:
    stored = await database["jobs"].find_one({"_id": job.id})
    assert stored is not None
    return stored


async def start(database: Database, job: Job) -> None:
    admissions = AdmissionRepository(database)
    found = await admissions.find_job(job.id)
    assert found is not None
    assert await admissions.start(found)


async def test_pause_stops_the_time_limit(database: Database, life: MongoLifeStore) -> None:
    job = await inserted(life, settings={**new_job().settings, "time_limit_seconds": 600})
    await start(database, job)
    started = await times(database, job)
    assert started["deadline_at"] - started["started_at"] == timedelta(seconds=600)
    await life.mark_paused("ann", job.id)
    hour_ago = {"paused_at": (await times(database, job))["paused_at"] - timedelta(hours=1)}
    await database["jobs"].update_one({"_id": job.id}, {"$set": hour_ago})
    await life.mark_resumed("ann", job.id)
    await life.mark_paused("ann", job.id)
    assert (await times(database, job))["paused_at"] == hour_ago["paused_at"]
    await life.mark_resumed("ann", job.id)
    await start(database, job)
    again = await times(database, job)
    assert timedelta(hours=1) <= again["deadline_at"] - started["deadline_at"] < timedelta(hours=1, minutes=1)
    assert (again["started_at"], again.get("paused_at")) == (started["started_at"], None)
    assert again["stretch_at"] > started["stretch_at"]


async def test_new_run_has_its_whole_time(database: Database, life: MongoLifeStore) -> None:
    job = await inserted(life)
    await start(database, job)
    await database["jobs"].update_one({"_id": job.id}, {"$set": {"deadline_at": datetime(2020, 1, 1, tzinfo=UTC)}})
    await life.mark_cancelled("ann", job.id)
    await life.begin_run(await reread(life, job), None, None)
    await start(database, job)
    assert (await times(database, job))["deadline_at"] > datetime.now(UTC)
