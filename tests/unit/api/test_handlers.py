"""What is written and published, in which order, and what happens when a part is away."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from services.api.handlers import JobHandlers
from services.api.problems import Problem
from services.api.records import Idempotency
from services.api.submission import Submission, understand
from shared.broker import Outgoing
from shared.errors import BrokerUnavailableError, DatabaseUnavailableError, UnroutableError
from tests.unit.api.builders import api_settings, asin, job
from tests.unit.api.fakes import FakeBroker, FakeJobStore


def submission(*numbers: int) -> Submission:
    body = {"type": "BULK_ASIN", "asins": [asin(number) for number in numbers or (1,)]}
    return understand(json.dumps(body).encode(), api_settings())


class Recorder(FakeJobStore):
    """Notes the order of writes, together with a broker that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.broker = FakeBroker()
        self.handlers = JobHandlers(self, self)

    async def insert_sources(self, job_id: str, keys: Sequence[str]) -> None:
        self.steps.append("sources")
        await super().insert_sources(job_id, keys)

    async def insert_job(self, job: Any) -> bool:
        self.steps.append("job")
        return await super().insert_job(job)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        self.steps.append("publish")
        await self.broker.publish(messages)

    async def mark_submitted(self, job_id: str, run: int) -> None:
        self.steps.append("submitted")
        await super().mark_submitted(job_id, run)


@pytest.fixture
def store() -> FakeJobStore:
    return FakeJobStore()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def handlers(store: FakeJobStore, broker: FakeBroker) -> JobHandlers:
    return JobHandlers(store, broker)


async def test_job_is_durable_before_it_is_published() -> None:
    recorder = Recorder()
    await recorder.handlers.submit("ann", submission(1, 2))
    assert recorder.steps == ["sources", "job", "publish", "submitted"]


async def test_repeated_request_writes_nothing() -> None:
    recorder = Recorder()
    await recorder.handlers.submit("ann", submission(), "k")
    recorder.steps.clear()
    await recorder.handlers.submit("ann", submission(), "k")
    assert recorder.steps == []


async def test_submitted_job_is_announced_under_its_own_id(handlers: JobHandlers, broker: FakeBroker) -> None:
    accepted = (await handlers.submit("ann", submission())).job
    (message,) = broker.published
    assert (message.type, message.message_id) == ("job.submitted.v1", f"{accepted.id}:1:submitted")
    assert json.loads(message.body) == {"job_id": accepted.id, "run": 1}


@pytest.mark.parametrize("error", [BrokerUnavailableError("down"), UnroutableError("nobody")])
async def test_job_is_accepted_while_the_broker_is_away(
    handlers: JobHandlers, store: FakeJobStore, broker: FakeBroker, error: Exception
) -> None:
    broker.error = error
    accepted = (await handlers.submit("ann", submission())).job
    assert accepted.id in store.jobs
    assert store.submitted == set()


async def test_broker_that_does_not_answer_is_not_waited_for(store: FakeJobStore) -> None:
    class Silent:
        async def publish(self, messages: Sequence[Outgoing]) -> None:
            await asyncio.Event().wait()

    started = time.monotonic()
    accepted = (await JobHandlers(store, Silent()).submit("ann", submission())).job
    assert time.monotonic() - started < 1.0
    assert (accepted.id in store.jobs, store.submitted) == (True, set())


async def test_job_stays_accepted_when_it_cannot_be_marked(store: FakeJobStore) -> None:
    class ThenDown(FakeBroker):
        async def publish(self, messages: Sequence[Outgoing]) -> None:
            store.down = True

    assert (await JobHandlers(store, ThenDown()).submit("ann", submission())).job.id in store.jobs


async def test_without_the_database_nothing_is_accepted(
    handlers: JobHandlers, store: FakeJobStore, broker: FakeBroker
) -> None:
    store.down = True
    with pytest.raises(DatabaseUnavailableError):
        await handlers.submit("ann", submission())
    assert broker.published == []


async def test_same_key_and_request_is_the_same_job(handlers: JobHandlers, broker: FakeBroker) -> None:
    first = await handlers.submit("ann", submission(), "k")
    again = await handlers.submit("ann", submission(), "k")
    assert (again.job.id, first.replayed, again.replayed) == (first.job.id, False, True)
    assert len(broker.published) == 1


async def test_same_key_for_another_request_is_refused(handlers: JobHandlers) -> None:
    await handlers.submit("ann", submission(1), "k")
    with pytest.raises(Problem) as caught:
        await handlers.submit("ann", submission(2), "k")
    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


async def test_two_users_may_use_the_same_key(handlers: JobHandlers) -> None:
    first = await handlers.submit("ann", submission(), "k")
    other = await handlers.submit("bob", submission(), "k")
    assert first.job.id != other.job.id


async def test_loser_of_a_race_answers_with_the_winners_job() -> None:
    class Late(FakeJobStore):
        """Does not see the winner at first, as when both look before either has written."""

        looks = 0

        async def find_job_by_key(self, user_id: str, key: str) -> Any:
            self.looks += 1
            return None if self.looks == 1 else await super().find_job_by_key(user_id, key)

    store, broker = Late(), FakeBroker()
    wanted = submission()
    winner = store.put(job(idempotency=Idempotency(key="k", fingerprint=wanted.fingerprint)))

    answer = await JobHandlers(store, broker).submit("ann", wanted, "k")

    assert (answer.job, answer.replayed) == (winner, True)
    assert (list(store.jobs), store.sources, broker.published) == ([winner.id], {}, [])
