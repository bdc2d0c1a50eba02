"""How jobs are taken in: what is written and published, in which order, and each exactly once under its key."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.api.handlers import JobHandlers
from services.api.keys import KeyDesk
from services.api.problems import Problem
from services.api.records import Job
from services.api.requests import BulkOptionsRequest
from services.api.submission import Submission, bulk_options, understand
from services.api.submitter import Submitter
from services.api.uploads import UploadReader
from shared.errors import BrokerUnavailableError, DatabaseUnavailableError, UnroutableError
from shared.jobs import JobStatus
from shared.outgoing import Outgoing
from tests.unit.api.builders import HOME, NOW, api_settings, asin
from tests.unit.api.fakes import FakeBroker, FakeClock, FakeJobStore, FakeKeyStore


def submission(*numbers: int) -> Submission:
    body = {"type": "BULK_ASIN", "asins": [asin(number) for number in numbers or (1,)]}
    return understand(json.dumps(body).encode(), api_settings())


def submitter_of(
    store: FakeJobStore, publisher: Any, keys: FakeKeyStore | None = None, clock: FakeClock | None = None
) -> Submitter:
    clock = clock or FakeClock(NOW)
    desk = KeyDesk(keys or FakeKeyStore(), clock, lease=60)
    return Submitter(JobHandlers(store, publisher), store, desk, clock.now)


class Recorder(FakeJobStore):
    """Notes the order of writes, together with a broker that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.broker = FakeBroker()
        self.submitter = submitter_of(self, self)

    async def insert_sources(self, job_id: str, keys: Sequence[str], first: int = 0) -> None:
        self.steps.append("sources")
        await super().insert_sources(job_id, keys, first)

    async def insert_job(self, job: Any) -> Job | None:
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
def submitter(store: FakeJobStore, broker: FakeBroker) -> Submitter:
    return submitter_of(store, broker)


async def test_job_is_durable_before_it_is_published() -> None:
    recorder = Recorder()
    await recorder.submitter.submit("ann", submission(1, 2))
    assert recorder.steps == ["sources", "job", "publish", "submitted"]


async def test_repeated_request_writes_nothing() -> None:
    recorder = Recorder()
    await recorder.submitter.submit("ann", submission(), "k")
    recorder.steps.clear()
    await recorder.submitter.submit("ann", submission(), "k")
    assert recorder.steps == []


async def test_submitted_job_is_announced_under_its_own_id(submitter: Submitter, broker: FakeBroker) -> None:
    accepted = (await submitter.submit("ann", submission())).view
    (message,) = broker.published
    assert (message.type, message.message_id) == ("job.submitted.v1", f"{accepted.id}:1:submitted")
    assert json.loads(message.body) == {"job_id": accepted.id, "run": 1}


@pytest.mark.parametrize("error", [BrokerUnavailableError("down"), UnroutableError("nobody")])
async def test_job_is_accepted_while_the_broker_is_away(
    submitter: Submitter, store: FakeJobStore, broker: FakeBroker, error: Exception
) -> None:
    broker.error = error
    accepted = (await submitter.submit("ann", submission())).view
    assert accepted.id in store.jobs
    assert store.submitted == set()


async def test_broker_that_does_not_answer_is_not_waited_for(store: FakeJobStore) -> None:
    class Silent:
        async def publish(self, messages: Sequence[Outgoing]) -> None:
            await asyncio.Event().wait()

    started = time.monotonic()
    accepted = (await submitter_of(store, Silent()).submit("ann", submission())).view
    assert time.monotonic() - started < 1.0
    assert (accepted.id in store.jobs, store.submitted) == (True, set())


async def test_job_stays_accepted_when_it_cannot_be_marked(store: FakeJobStore) -> None:
    class ThenDown(FakeBroker):
        async def publish(self, messages: Sequence[Outgoing]) -> None:
            store.down = True

    assert (await submitter_of(store, ThenDown()).submit("ann", submission())).view.id in store.jobs


async def test_without_the_database_nothing_is_accepted(
    submitter: Submitter, store: FakeJobStore, broker: FakeBroker
) -> None:
    store.down = True
    with pytest.raises(DatabaseUnavailableError):
        await submitter.submit("ann", submission())
    assert broker.published == []


async def test_same_key_and_request_is_the_same_job(submitter: Submitter, broker: FakeBroker) -> None:
    first = await submitter.submit("ann", submission(), "k")
    again = await submitter.submit("ann", submission(), "k")
    assert (again.view.id, first.replayed, again.replayed) == (first.view.id, False, True)
    assert len(broker.published) == 1


async def test_same_key_for_another_request_is_refused(submitter: Submitter) -> None:
    await submitter.submit("ann", submission(1), "k")
    with pytest.raises(Problem) as caught:
        await submitter.submit("ann", submission(2), "k")
    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


async def test_two_users_may_use_the_same_key(submitter: Submitter) -> None:
    first = await submitter.submit("ann", submission(), "k")
    other = await submitter.submit("bob", submission(), "k")
    assert first.view.id != other.view.id


async def test_job_of_a_process_that_died_before_it_answered_is_found_again() -> None:
    """The job was stored, and the key's record was not completed."""

    class Forgetful(FakeKeyStore):
        async def complete(self, *_: Any) -> None:
            raise DatabaseUnavailableError("it dies")

        async def release(self, *_: Any) -> None:
            pass

    store, broker, keys = FakeJobStore(), FakeBroker(), Forgetful()
    with pytest.raises(DatabaseUnavailableError):
        await submitter_of(store, broker, keys).submit("ann", submission(), "k")
    [made] = store.jobs
    revived = FakeKeyStore()
    revived.records, revived.time = keys.records, 61

    answer = await submitter_of(store, broker, revived).submit("ann", submission(), "k")

    assert (answer.view.id, answer.replayed) == (made, True)
    assert (list(store.jobs), len(broker.published)) == ([made], 1)
    assert (await submitter_of(store, broker, revived).submit("ann", submission(), "k")).view == answer.view


async def test_key_under_way_is_refused_until_its_lease_is_over(store: FakeJobStore, broker: FakeBroker) -> None:
    keys = FakeKeyStore(lease=60)
    await keys.claim("ann", "k", "a process that died", None)
    submitter = submitter_of(store, broker, keys)
    with pytest.raises(Problem) as caught:
        await submitter.submit("ann", submission(), "k")
    problem = caught.value
    assert (problem.status, problem.code, problem.retryable) == (409, "idempotency_key_in_progress", True)
    assert problem.headers["Retry-After"] == "1"
    keys.time = 61
    assert not (await submitter.submit("ann", submission(), "k")).replayed


async def test_refused_request_uses_up_no_key(store: FakeJobStore, broker: FakeBroker) -> None:
    submitter = submitter_of(store, broker)
    store.down = True
    with pytest.raises(DatabaseUnavailableError):
        await submitter.submit("ann", submission(1), "k")
    store.down = False
    assert not (await submitter.submit("ann", submission(2), "k")).replayed


async def test_key_may_be_used_again_after_its_lifetime(store: FakeJobStore, broker: FakeBroker) -> None:
    keys = FakeKeyStore()
    submitter = submitter_of(store, broker, keys)
    first = await submitter.submit("ann", submission(1), "k")
    keys.time = 86_401
    again = await submitter.submit("ann", submission(2), "k")
    assert (again.replayed, again.view.id == first.view.id) == (False, False)


async def test_answer_is_the_same_whatever_became_of_the_job(store: FakeJobStore, broker: FakeBroker) -> None:
    submitter = submitter_of(store, broker)
    first = await submitter.submit("ann", submission(), "k")
    store.put(replace(store.jobs[first.view.id], status=JobStatus.CANCELLED))
    assert (await submitter.submit("ann", submission(), "k")).view == first.view


async def pieces(text: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def reader(**options: Any) -> UploadReader:
    settings = api_settings(max_items_per_job=100_000)
    return UploadReader("text/plain", bulk_options(BulkOptionsRequest(**options), settings), settings)


LIST = f"{asin(1)}\n{asin(2)}\nnonsense!\n{asin(1)}\n".encode()


async def test_uploaded_list_becomes_a_job(store: FakeJobStore, broker: FakeBroker) -> None:
    accepted = await submitter_of(store, broker).upload("ann", reader(), pieces(LIST))
    counts = accepted.view.counts
    assert counts is not None
    assert (counts.accepted, counts.duplicate, counts.invalid) == (2, 1, 1)
    assert store.sources[accepted.view.id] == [f"{HOME}:{asin(1)}", f"{HOME}:{asin(2)}"]
    assert len(broker.published) == 1


async def test_upload_sent_again_is_answered_as_before(store: FakeJobStore, broker: FakeBroker) -> None:
    submitter = submitter_of(store, broker)
    first = await submitter.upload("ann", reader(), pieces(LIST), "k")
    again = await submitter.upload("ann", reader(), pieces(LIST, 11), "k")
    assert (again.view, again.replayed, len(store.jobs)) == (first.view, True, 1)
    for other in (
        submitter.upload("ann", reader(), pieces(LIST + b"x"), "k"),
        submitter.upload("ann", reader(priority="low"), pieces(LIST), "k"),
    ):
        with pytest.raises(Problem) as caught:
            await other
        assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(("text", "options"), [(LIST, {"strict": True}), (b"nonsense!\n", {}), (b"", {})])
async def test_refused_upload_leaves_nothing_behind(
    store: FakeJobStore, broker: FakeBroker, text: bytes, options: dict[str, Any]
) -> None:
    with pytest.raises(Problem) as caught:
        await submitter_of(store, broker).upload("ann", reader(**options), pieces(text), "k")
    assert caught.value.status == 422
    assert (store.jobs, list(store.sources.values())) == ({}, [])
    assert not (await submitter_of(store, broker).upload("ann", reader(), pieces(LIST), "k")).replayed


class AnsweringLate(FakeJobStore):
    """Stores a job, and fails before it has said so."""

    async def insert_job(self, job: Any) -> Job | None:
        if await super().insert_job(job):
            raise DatabaseUnavailableError("it was killed")
        return None


async def test_job_whose_storing_was_not_confirmed_keeps_its_products(broker: FakeBroker) -> None:
    store = AnsweringLate()
    submitter = submitter_of(store, broker)
    with pytest.raises(DatabaseUnavailableError):
        await submitter.submit("ann", submission(1, 2), "k")
    assert list(store.sources.values()) == [[f"{HOME}:{asin(1)}", f"{HOME}:{asin(2)}"]]
    [job] = store.jobs
    again = await submitter.submit("ann", submission(1, 2), "k")
    assert (again.view.id, again.replayed, list(store.sources)) == (job, True, [job])


async def test_job_whose_answer_could_not_be_kept_keeps_its_products(store: FakeJobStore, broker: FakeBroker) -> None:
    class Forgetful(FakeKeyStore):
        async def complete(self, *_: Any, **__: Any) -> None:
            raise DatabaseUnavailableError("it was killed")

    for keys, key in ((Forgetful(), "k"), (Forgetful(), "l")):
        with pytest.raises(DatabaseUnavailableError):
            await submitter_of(store, broker, keys).upload("ann", reader(), pieces(LIST), key)
    assert set(store.sources) == set(store.jobs)
    assert len(store.jobs) == 2


async def test_long_upload_keeps_its_key(store: FakeJobStore, broker: FakeBroker) -> None:
    keys, clock = FakeKeyStore(lease=60), FakeClock(NOW)
    submitter = submitter_of(store, broker, keys, clock)

    async def slow() -> AsyncIterator[bytes]:
        async for piece in pieces(LIST):
            keys.time += 30
            clock.elapsed += 30
            yield piece
            with pytest.raises(Problem):
                await submitter.submit("ann", submission(), "k")

    assert (await submitter.upload("ann", reader(), slow(), "k")).view.status is JobStatus.PENDING


async def test_large_upload_is_stored_as_it_comes(store: FakeJobStore, broker: FakeBroker) -> None:
    text = "".join(f"{asin(number)}\n" for number in range(25_500)).encode()
    accepted = await submitter_of(store, broker).upload("ann", reader(), pieces(text, 65_536))
    assert store.sources[accepted.view.id] == [f"{HOME}:{asin(number)}" for number in range(25_500)]
