"""Whatever is done to jobs, in whatever order messages come, twice or cut off: all counts stay exact, and jobs end.

A short run is part of every test run; ASINFLOW_MODEL_EXAMPLES=500 makes a long one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Iterable
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from services.api.problems import Problem
from shared.jobs import LIVE, TERMINAL, ItemStatus, JobStatus
from shared.messages import ItemsFinished
from shared.mongo import connect
from tests.integration.lifecycle.checks import check_job
from tests.integration.lifecycle.world import LIMIT, USER, World, read

T = TypeVar("T")

EXAMPLES = int(os.environ.get("ASINFLOW_MODEL_EXAMPLES", "12"))
STEPS = 45
CODES = ("timeout", "captcha", "not_found")
numbers = st.integers(0, 10_000)
S = JobStatus
AT_WORK = set(JobStatus) - {S.PAUSED}
# A paused job does nothing but count what was under way, which may be the last of it.
STANDS_STILL = {S.PAUSED, S.COMPLETED, S.CANCELLED}


def some_jobs(machine: Lives) -> bool:
    return bool(machine.totals)


def on_the_wire(machine: Lives) -> bool:
    return bool(machine.world.wire.published)


class Lives(RuleBasedStateMachine):
    """Of every job the model knows total, run, and the states that it may be in after what its user has done."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    url: ClassVar[str]
    database_name: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._opened = connect(self.url, self.database_name, app="test")
        self.world = World(self.run(self._opened.__aenter__()))
        self.totals: dict[str, int] = {}
        self.statuses: dict[str, set[JobStatus]] = {}
        self.runs: dict[str, int] = {}

    def run(self, step: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await step

        return self.loop.run_until_complete(awaited())

    def pick(self, number: int) -> str:
        return list(self.totals)[number % len(self.totals)]

    @rule(items=st.integers(1, 9), mixed=st.booleans())
    def submit(self, items: int, mixed: bool) -> None:
        if len(self.totals) < 4:
            job_id = self.run(self.world.submit(items, mixed=mixed))
            self.totals[job_id], self.statuses[job_id], self.runs[job_id] = items, set(AT_WORK), 1

    @precondition(on_the_wire)
    @rule(number=numbers, again=st.booleans())
    def deliver(self, number: int, again: bool) -> None:
        waiting = self.world.wire.published
        self.run(self.world.deliver(waiting[number % len(waiting)], again=again))

    @precondition(on_the_wire)
    @rule()
    def deliver_all(self) -> None:
        for message in list(self.world.wire.published):
            self.run(self.world.deliver(message))

    @precondition(on_the_wire)
    @rule(number=numbers)
    def lose(self, number: int) -> None:
        waiting = self.world.wire.published
        waiting.pop(number % len(waiting))

    @precondition(lambda machine: machine.world.in_hand)
    @rule(number=numbers, code=st.sampled_from([None, None, *CODES]))
    def finish(self, number: int, code: str | None) -> None:
        item = self.world.in_hand[number % len(self.world.in_hand)]
        status = ItemStatus.SUCCEEDED if code is None else ItemStatus.FAILED
        self.run(self.world.finish(item, status, code or ""))

    @rule(after=st.integers(0, 3))
    def cut_the_wire(self, after: int) -> None:
        self.world.wire.breaks_after = after

    @rule()
    def look_around(self) -> None:
        self.run(self.world.feed())
        self.run(self.world.heal())

    @precondition(some_jobs)
    @rule(number=numbers)
    def pause(self, number: int) -> None:
        job_id = self.pick(number)
        self.step(job_id, self.world.life.pause(USER, job_id), LIVE, STANDS_STILL)

    @precondition(some_jobs)
    @rule(number=numbers)
    def resume(self, number: int) -> None:
        job_id = self.pick(number)
        self.step(job_id, self.world.life.resume(USER, job_id), LIVE, AT_WORK)

    @precondition(some_jobs)
    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        job_id = self.pick(number)
        self.step(job_id, self.world.life.cancel(USER, job_id), LIVE | {S.CANCELLED}, {S.CANCELLED})

    @precondition(some_jobs)
    @rule(number=numbers, codes=st.none() | st.sets(st.sampled_from(CODES), min_size=1), unfinished=st.booleans())
    def retry(self, number: int, codes: set[str] | None, unfinished: bool) -> None:
        wanted, job_id = None if codes is None else tuple(sorted(codes)), self.pick(number)
        self.begin(job_id, self.world.life.retry(USER, job_id, wanted, unfinished=unfinished))

    @precondition(some_jobs)
    @rule(number=numbers)
    def recollect(self, number: int) -> None:
        job_id = self.pick(number)
        self.begin(job_id, self.world.life.recollect(USER, job_id, 60))

    @precondition(some_jobs)
    @rule(number=numbers)
    def expire(self, number: int) -> None:
        job_id = self.pick(number)
        if self.run(self.world.sweeper.fail_run(job_id, self.runs[job_id], "too long")) is not None:
            self.statuses[job_id] = {S.FAILED}

    @precondition(some_jobs)
    @rule(number=numbers, cancel=st.booleans())
    def delete(self, number: int, cancel: bool) -> None:
        job_id = self.pick(number)
        refusal = self.refusal(self.world.life.delete(USER, job_id, cancel=cancel))
        if refusal is not None:
            assert (refusal.code, cancel) == ("job_not_ended", False)
        else:
            del self.totals[job_id], self.statuses[job_id], self.runs[job_id]

    def refusal(self, step: Awaitable[Any]) -> Problem | None:
        """Why the step was refused; None when it was taken."""
        try:
            self.run(step)
        except Problem as problem:
            return problem
        return None

    def step(self, job_id: str, step: Awaitable[Any], allowed: Iterable[JobStatus], after: Iterable[JobStatus]) -> None:
        """Taken when the job is in one of the states allowed, refused with its state otherwise."""
        refusal = self.refusal(step)
        if refusal is not None:
            assert refusal.status == 409
            assert refusal.more["job_status"] not in allowed
        else:
            self.statuses[job_id] = set(after)

    def begin(self, job_id: str, step: Awaitable[Any]) -> None:
        """A new run, unless the job has not ended or has nothing to be tried again."""
        refusal = self.refusal(step)
        if refusal is None:
            self.runs[job_id] += 1
            self.statuses[job_id] = set(AT_WORK)
        elif refusal.code != "nothing_to_retry":
            assert (refusal.code, refusal.more["job_status"] in TERMINAL) == ("job_not_ended", False)

    @invariant()
    def stored_jobs_tell_the_truth(self) -> None:
        self.run(self.check())

    async def check(self) -> None:
        stored = {job["_id"]: job async for job in self.world.database["jobs"].find({})}
        assert set(stored) == set(self.totals)
        assert sum(job["status"] == S.PROCESSING for job in stored.values()) <= LIMIT
        for job_id, job in stored.items():
            assert job["status"] in self.statuses[job_id]
            assert job["run"] == self.runs[job_id]
            assert job["total_items"] in {None, self.totals[job_id]}
            await check_job(self.world.database, job)

    def teardown(self) -> None:
        try:
            self.run(self.end())
        finally:
            self.run(self.world.database.client.drop_database(self.database_name))
            self.run(self._opened.__aexit__(None, None, None))

    async def end(self) -> None:
        """Nobody touches the jobs any more: they end, and late facts change nothing."""
        self.world.wire.breaks_after = None
        for job_id, statuses in self.statuses.items():
            if await self.world.database["jobs"].count_documents({"_id": job_id, "status": "PAUSED"}):
                await self.world.life.resume(USER, job_id)
            if not statuses <= TERMINAL:
                self.statuses[job_id] = set(TERMINAL)
        late = [message for message in self.world.wire.published if isinstance(read(message), ItemsFinished)]
        await self.world.drain()
        await self.check()
        before = [job async for job in self.world.database["jobs"].find({})]
        for message in late:
            await self.world.deliver(message, again=True)
        assert [job async for job in self.world.database["jobs"].find({})] == before


def test_any_life_of_jobs_is_counted_exactly(mongo_url: str, mongo_database: str) -> None:
    loop = asyncio.new_event_loop()
    Lives.loop, Lives.url, Lives.database_name = loop, mongo_url, mongo_database
    try:
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=EXAMPLES < 100,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.generate, Phase.shrink),
            ),
        )
    finally:
        loop.close()
