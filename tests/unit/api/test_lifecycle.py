"""What users do with their jobs: which steps are taken, told and refused."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.api.courier import Courier
from services.api.lifecycle import LifeCycle
from services.api.problems import Problem
from services.api.records import Job
from shared.errors import BrokerUnavailableError
from shared.jobs import LIVE, TERMINAL, JobStatus
from shared.selection import Selection
from tests.unit.api.builders import job
from tests.unit.api.fakes import FakeBroker, FakeJobStore

S = JobStatus


@pytest.fixture
def store() -> FakeJobStore:
    return FakeJobStore()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def life(store: FakeJobStore, broker: FakeBroker) -> LifeCycle:
    return LifeCycle(store, Courier(broker))


def sent(broker: FakeBroker) -> list[str]:
    return [message.type for message in broker.published]


async def refusal(step: Awaitable[Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        await step
    return caught.value


def ended(store: FakeJobStore, **changes: Any) -> Job:
    counts = {"total_items": 5, "progress": 5, "success_count": 3, "error_count": 2}
    return store.put(job(**{"status": S.COMPLETED, **counts, **changes}))


@pytest.mark.parametrize("status", sorted(LIVE))
async def test_job_that_has_not_ended_is_cancelled_and_announced(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker, status: JobStatus
) -> None:
    running = store.put(job(status=status, rev=7, progress=1, success_count=1))

    cancelled = await life.cancel("ann", running.id)

    assert (cancelled.status, cancelled.rev) == (S.CANCELLED, 8)
    (message,) = broker.published
    body = json.loads(message.body)
    assert (message.type, message.message_id) == ("job.cancelled.v1", f"{running.id}:1:cancelled")
    assert (body["status"], body["rev"], body["progress"], body["user_id"]) == ("CANCELLED", 8, 1, "ann")
    assert store.jobs[running.id].announced


async def test_cancelling_twice_announces_once(life: LifeCycle, store: FakeJobStore, broker: FakeBroker) -> None:
    running = store.put(job())
    first = await life.cancel("ann", running.id)
    second = await life.cancel("ann", running.id)
    assert (second.status, second.rev, len(broker.published)) == (S.CANCELLED, first.rev, 1)


async def test_cancel_unannounced_for_want_of_a_broker_is_announced_later(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker
) -> None:
    running = store.put(job())
    broker.error = BrokerUnavailableError("down")
    assert (await life.cancel("ann", running.id)).status is S.CANCELLED
    assert not store.jobs[running.id].announced
    broker.error = None
    await life.cancel("ann", running.id)
    assert store.jobs[running.id].announced


STEPS: dict[str, Callable[[LifeCycle, str, str], Awaitable[Any]]] = {
    "cancel": lambda life, user, job_id: life.cancel(user, job_id),
    "pause": lambda life, user, job_id: life.pause(user, job_id),
    "resume": lambda life, user, job_id: life.resume(user, job_id),
    "retry": lambda life, user, job_id: life.retry(user, job_id, None, unfinished=True),
    "recollect": lambda life, user, job_id: life.recollect(user, job_id, 60),
    "prioritise": lambda life, user, job_id: life.prioritise(user, job_id, "high", None),
    "delete": lambda life, user, job_id: life.delete(user, job_id, cancel=False),
}
OF_LIVING = ["cancel", "pause", "resume", "prioritise"]
OF_ENDED = ["retry", "recollect", "delete"]


@pytest.mark.parametrize("status", [S.COMPLETED, S.FAILED])
@pytest.mark.parametrize("step", OF_LIVING)
async def test_ended_job_is_left_as_it_is(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker, step: str, status: JobStatus
) -> None:
    before = ended(store, status=status)
    problem = await refusal(STEPS[step](life, "ann", before.id))
    assert (problem.status, problem.code) == (409, "job_already_ended")
    assert problem.more == {"job_status": str(status), "allowed": ["retry", "recollect", "delete"]}
    assert (broker.published, store.jobs[before.id]) == ([], before)


@pytest.mark.parametrize("status", sorted(LIVE))
@pytest.mark.parametrize("step", OF_ENDED)
async def test_living_job_is_not_tried_again_or_deleted(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker, step: str, status: JobStatus
) -> None:
    before = store.put(job(status=status))
    problem = await refusal(STEPS[step](life, "ann", before.id))
    assert (problem.status, problem.code, problem.more["job_status"]) == (409, "job_not_ended", str(status))
    assert "cancel" in problem.more["allowed"]
    assert (broker.published, store.jobs[before.id]) == ([], before)


@pytest.mark.parametrize("step", sorted(STEPS))
async def test_job_of_another_user_is_not_there(life: LifeCycle, store: FakeJobStore, step: str) -> None:
    for status in JobStatus:
        theirs = store.put(job(user_id="bob", status=status))
        assert (await refusal(STEPS[step](life, "ann", theirs.id))).status == 404
        assert store.jobs[theirs.id] == theirs


async def test_paused_job_is_told_and_stays_paused(life: LifeCycle, store: FakeJobStore, broker: FakeBroker) -> None:
    running = store.put(job(rev=3))
    assert (await life.pause("ann", running.id)).status is S.PAUSED
    again = await life.pause("ann", running.id)
    assert (again.status, again.rev) == (S.PAUSED, 4)
    assert set(sent(broker)) == {"job.paused.v1"}
    assert len({message.message_id for message in broker.published}) == 1


async def test_pause_and_resume_not_told_for_want_of_a_broker_are_told_in_order(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker
) -> None:
    running = store.put(job(rev=3))
    broker.error = BrokerUnavailableError("down")
    await life.pause("ann", running.id)
    await life.resume("ann", running.id)
    assert [told["rev"] for told in store.jobs[running.id].news] == [4, 5]
    broker.error = None
    await life.pause("ann", running.id)
    ids = [f"{running.id}:{told}" for told in ("4:paused", "5:resumed", "6:paused")]
    assert [message.message_id for message in broker.published] == ids
    assert [json.loads(message.body)["status"] for message in broker.published] == ["PAUSED", "PENDING", "PAUSED"]
    assert store.jobs[running.id].news == ()


async def test_resumed_job_waits_for_its_turn(life: LifeCycle, store: FakeJobStore, broker: FakeBroker) -> None:
    stopped = store.put(job(status=S.PAUSED))
    assert (await life.resume("ann", stopped.id)).status is S.PENDING
    assert sent(broker) == ["job.submitted.v1", "job.resumed.v1"]
    assert stopped.id in store.submitted
    assert (await life.resume("ann", stopped.id)).status is S.PENDING
    assert len(broker.published) == 2


async def test_resuming_a_cancelled_job_says_what_goes_on_with_it(life: LifeCycle, store: FakeJobStore) -> None:
    cancelled = store.put(job(status=S.CANCELLED))
    with pytest.raises(Problem, match="include_cancelled"):
        await life.resume("ann", cancelled.id)


async def test_resumed_job_is_left_to_the_sweeper_without_a_broker(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker
) -> None:
    stopped = store.put(job(status=S.PAUSED))
    broker.error = BrokerUnavailableError("down")
    assert (await life.resume("ann", stopped.id)).status is S.PENDING
    assert stopped.id not in store.submitted


async def test_failed_items_are_tried_again_in_a_new_run(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker
) -> None:
    before = ended(store, run=2, behind=2)
    retried = await life.retry("ann", before.id, None, unfinished=False)
    assert (retried.status, retried.run, retried.total_items) == (S.PENDING, 3, 5)
    assert store.selections[before.id] == Selection(behind=2)
    (message,) = broker.published
    assert json.loads(message.body) == {"job_id": before.id, "run": 3}


async def test_items_are_chosen_by_their_errors(life: LifeCycle, store: FakeJobStore) -> None:
    before = ended(store)
    store.failed_codes[before.id] = ("timeout", "captcha")
    assert (await refusal(life.retry("ann", before.id, ("not_found",), unfinished=False))).code == "nothing_to_retry"
    await life.retry("ann", before.id, ("timeout", "not_found"), unfinished=False)
    assert store.selections[before.id] == Selection(behind=1, codes=("timeout", "not_found"))


async def test_job_without_failures_has_nothing_to_try_again(life: LifeCycle, store: FakeJobStore) -> None:
    before = ended(store, success_count=5, error_count=0)
    problem = await refusal(life.retry("ann", before.id, None, unfinished=True))
    assert (problem.status, problem.code) == (409, "nothing_to_retry")


async def test_items_left_without_outcome_are_taken_on_request(life: LifeCycle, store: FakeJobStore) -> None:
    before = ended(store, status=S.CANCELLED, progress=3, error_count=0)
    problem = await refusal(life.retry("ann", before.id, None, unfinished=False))
    assert "include_cancelled" in problem.detail
    await life.retry("ann", before.id, None, unfinished=True)
    assert store.selections[before.id] == Selection(behind=1, unfinished=True)


async def test_job_whose_items_were_never_known_is_expanded_again(life: LifeCycle, store: FakeJobStore) -> None:
    counts = {"total_items": None, "progress": 0, "success_count": 0, "error_count": 0}
    before = ended(store, status=S.FAILED, **counts)
    assert (await refusal(life.retry("ann", before.id, None, unfinished=False))).code == "nothing_to_retry"
    retried = await life.retry("ann", before.id, None, unfinished=True)
    assert (retried.status, retried.run, store.selections[before.id]) == (S.PENDING, 2, None)


async def test_recollecting_lowers_the_age_that_is_taken_as_fresh(life: LifeCycle, store: FakeJobStore) -> None:
    before = ended(store)
    assert (await life.recollect("ann", before.id, 60)).settings["max_age_seconds"] == 60
    assert store.selections[before.id] == Selection(behind=1, failed=False, older_than_seconds=60)
    other = ended(store)
    assert (await life.recollect("ann", other.id, 86_400)).settings["max_age_seconds"] == 300


async def test_second_of_two_retries_at_once_is_refused(store: FakeJobStore, broker: FakeBroker) -> None:
    before = ended(store)

    class Overtaken(FakeJobStore):
        """Another request begins a run after this one has looked."""

        def __init__(self) -> None:
            super().__init__()
            self.jobs, self.selections = store.jobs, store.selections

        async def has_failed(self, job: Job, codes: tuple[str, ...] | None) -> bool:
            await LifeCycle(store, Courier(broker)).retry("ann", job.id, None, unfinished=False)
            return True

    problem = await refusal(LifeCycle(Overtaken(), Courier(broker)).retry("ann", before.id, None, unfinished=False))
    assert (problem.status, problem.code, store.jobs[before.id].run) == (409, "job_not_ended", 2)


async def test_retry_goes_on_when_a_late_outcome_was_counted_meanwhile(store: FakeJobStore, broker: FakeBroker) -> None:
    before = ended(store, status=S.CANCELLED, progress=3, success_count=2, error_count=1)

    class Counting(FakeJobStore):
        def __init__(self) -> None:
            super().__init__()
            self.jobs = store.jobs

        async def has_failed(self, job: Job, codes: tuple[str, ...] | None) -> bool:
            self.put(job.__class__(**{**_fields(job), "rev": job.rev + 1, "progress": 4, "success_count": 3}))
            return True

    retried = await LifeCycle(Counting(), Courier(broker)).retry("ann", before.id, None, unfinished=False)
    assert (retried.run, retried.progress) == (2, 4)


def _fields(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__slots__}


@pytest.mark.parametrize(("revs", "status"), [(None, None), ({"3"}, None), ({"2", "3"}, None), ({"2"}, 412)])
async def test_priority_changes_only_what_was_seen(
    life: LifeCycle, store: FakeJobStore, revs: set[str] | None, status: int | None
) -> None:
    running = store.put(job(rev=3))
    if status is None:
        changed = await life.prioritise("ann", running.id, "high", revs)
        assert (changed.priority, changed.rev) == ("high", 4)
    else:
        assert (await refusal(life.prioritise("ann", running.id, "high", revs))).status == status


@pytest.mark.parametrize("status", sorted(TERMINAL))
async def test_ended_job_is_deleted(life: LifeCycle, store: FakeJobStore, status: JobStatus) -> None:
    before = ended(store, status=status)
    await life.delete("ann", before.id, cancel=False)
    assert store.jobs == {}
    await life.delete("ann", before.id, cancel=False)  # as when the first answer was lost
    assert (await refusal(life.delete("bob", before.id, cancel=False))).status == 404
    assert (await refusal(life.delete("ann", "no-such-job", cancel=False))).status == 404


@pytest.mark.parametrize("status", sorted(LIVE))
async def test_living_job_is_cancelled_and_deleted_on_request(
    life: LifeCycle, store: FakeJobStore, broker: FakeBroker, status: JobStatus
) -> None:
    running = store.put(job(status=status))
    await life.delete("ann", running.id, cancel=True)
    assert (store.jobs, sent(broker)) == ({}, ["job.cancelled.v1"])


async def test_timeline_tells_every_step_in_order(life: LifeCycle, store: FakeJobStore) -> None:
    running = store.put(job(rev=1))
    await life.pause("ann", running.id)
    await life.resume("ann", running.id)
    await life.cancel("ann", running.id)
    found, more = await life.timeline("ann", running.id, -1, 3)
    assert ([entry.kind for entry in found], more) == (["submit", "pause", "resume"], True)
    rest, more = await life.timeline("ann", running.id, found[-1].rev, 3)
    assert ([(entry.kind, entry.before, entry.after) for entry in rest], more) == (
        [("cancel", S.PENDING, S.CANCELLED)],
        False,
    )
