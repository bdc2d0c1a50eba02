"""Jobs are started in order, within their user's limit; what cannot be expanded fails with its reason."""

from __future__ import annotations

import random

import pytest

from services.expander.admission import Admission
from services.expander.expansion import Expansion
from services.expander.feeder import Feeder
from services.expander.handlers import Expander
from services.expander.lines import Lines
from shared.amazon.addresses import search_url
from shared.amazon.pages import Listing
from shared.errors import BlockedError, DatabaseUnavailableError, PermanentError, RetryableError
from shared.failures import FailurePolicy
from shared.messages import CollectItem, JobCompleted, JobExpanded, JobFailed, JobProgressed, JobSubmitted, Message
from shared.mongo import Document
from shared.topology import collect_key
from tests.builders import HOME, asin, job_document, received
from tests.fakes import FakeBroker, FakeClock, FakeSource
from tests.unit.expander.fakes import MemoryAdmissions, MemoryExpanderRepository, StandingChoosing

LIMIT = 2
ATTEMPTS = 3
FIRST_PAGE = search_url(HOME, "camera")


class Expanding:
    def __init__(self, *jobs: Document) -> None:
        self.repository = MemoryExpanderRepository(*jobs)
        self.source = FakeSource()
        self.broker = FakeBroker()
        policy = FailurePolicy(self.broker, max_attempts=ATTEMPTS, jitter=random.Random(1))
        expansion = Expansion(self.repository, self.source, FakeClock(), 400)
        self.choosing = StandingChoosing()
        feeder = Feeder(self.repository, self.broker, lambda *_: 100, FakeClock())
        admission = Admission(MemoryAdmissions(self.repository.jobs), LIMIT)
        self.expander = Expander(
            self.repository,
            self.broker,
            expansion,
            self.choosing,
            feeder,
            policy.final,
            admission,
            lines=Lines(4, FakeClock()),
        )

    async def submit(self, job: Document, attempt: int = 1, run: int = 1) -> None:
        message = JobSubmitted(job_id=job["_id"], run=run)
        await self.expander.handle_job_submitted([received(message, headers={"x-attempt": attempt})])

    async def tell(self, *news: Message) -> None:
        await self.expander.handle_job_news([received(message) for message in news])

    def sent(self, message_type: str) -> list[str]:
        return [message.correlation_id for message in self.broker.of(message_type)]


def bulk(number: int, **changes: object) -> Document:
    return job_document(**{"_id": f"job-{number}", "request": {"count": 0}, **changes})


def searched(**changes: object) -> Document:
    request = {"keyword": "camera", "marketplace": HOME, "max_results": 10}
    return job_document(_id="a-job", type="KEYWORD", request=request, **changes)


def news(model: type[Message], job: Document, status: str) -> Message:
    facts = {name: job[name] for name in ("run", "user_id", "rev", "total_items", "progress")}
    counts = {"success_count": 0, "error_count": 0, "at": job["created_at"]}
    return model.model_validate({"job_id": job["_id"], "status": status, **facts, **counts})


async def test_submitted_job_is_started_expanded_and_announced() -> None:
    job = bulk(1)
    expanding = Expanding(job)
    expanding.repository.source_keys["job-1"] = [[f"{HOME}:{asin(1)}"]]
    await expanding.submit(job)
    assert (job["status"], job["total_items"]) == ("PROCESSING", 1)
    [expanded] = expanding.broker.of(JobExpanded.TYPE)
    assert JobExpanded.model_validate_json(expanded.body).total_items == 1
    assert expanded.mandatory


async def test_message_delivered_twice_changes_nothing_more() -> None:
    job = bulk(1)
    expanding = Expanding(job)
    await expanding.submit(job)
    before = dict(job)
    await expanding.submit(job)
    assert job == before
    assert len({message.message_id for message in expanding.broker.of(JobExpanded.TYPE)}) == 1


@pytest.mark.parametrize("status", ["CANCELLED", "FAILED", "COMPLETED", "PAUSED"])
async def test_job_that_ended_meanwhile_is_left_alone(status: str) -> None:
    job = bulk(1, status=status)
    expanding = Expanding(job)
    await expanding.submit(job)
    assert (job["status"], expanding.broker.published) == (status, [])


async def test_message_of_another_run_is_left_alone() -> None:
    job = bulk(1, run=2)
    expanding = Expanding(job)
    await expanding.submit(job, run=1)
    assert job["status"] == "PENDING"


async def test_deleted_job_is_left_alone() -> None:
    await Expanding().submit(bulk(1))


async def test_jobs_past_the_limit_wait_with_a_reason() -> None:
    jobs = [bulk(number) for number in range(4)]
    expanding = Expanding(*jobs)
    for job in reversed(jobs):
        await expanding.submit(job)
    assert [job["status"] for job in jobs] == ["PROCESSING", "PROCESSING", "PENDING", "PENDING"]
    assert jobs[3]["status_reason"] == "waits for one of your 2 running jobs to end"


async def test_users_do_not_wait_for_one_another() -> None:
    mine, theirs = [bulk(number, status="PROCESSING") for number in range(5)], bulk(9, user_id="bob")
    expanding = Expanding(*mine, theirs)
    await expanding.submit(theirs)
    assert theirs["status"] == "PROCESSING"


async def test_end_of_a_job_wakes_those_that_wait() -> None:
    running, ended = bulk(1, status="PROCESSING"), bulk(2, status="COMPLETED", total_items=0)
    waiting = bulk(3, status_reason="waits for one of your 2 running jobs to end")
    other = bulk(4, user_id="bob", status_reason="waits for one of your 2 running jobs to end")
    expanding = Expanding(running, ended, waiting, other)
    await expanding.tell(news(JobCompleted, ended, "COMPLETED"))
    assert expanding.sent(JobSubmitted.TYPE) == ["job-3"]
    await expanding.submit(waiting)
    assert (waiting["status"], waiting["status_reason"]) == ("PROCESSING", None)


async def test_one_more_is_woken_than_places_came_free() -> None:
    """Each of a thousand jobs that wait would otherwise be asked about again and again."""
    ended = bulk(1, status="COMPLETED", total_items=0)
    waiting = [bulk(number, status_reason="waits for one of your 2 running jobs to end") for number in range(2, 7)]
    expanding = Expanding(ended, *waiting)
    await expanding.tell(news(JobCompleted, ended, "COMPLETED"))
    assert expanding.sent(JobSubmitted.TYPE) == ["job-2", "job-3"]


async def test_progress_wakes_nobody_and_feeds_once() -> None:
    job = bulk(1, status="PROCESSING", total_items=1)
    waiting = bulk(2, status_reason="waits")
    expanding = Expanding(job, waiting)
    expanding.repository.items["job-1", 1, 0] = [f"{HOME}:{asin(0)}"]
    await expanding.tell(*[news(JobProgressed, job, "PROCESSING")] * 3)
    assert expanding.sent(CollectItem.TYPE) == ["job-1"]
    assert expanding.sent(JobSubmitted.TYPE) == []


async def test_refused_listing_fails_the_job_with_its_reason() -> None:
    job = searched()
    expanding = Expanding(job)
    expanding.source.pages[FIRST_PAGE] = PermanentError("amazon.co.jp answered 404", code="not_found")
    await expanding.submit(job)
    assert (job["status"], job["error_message"]) == ("FAILED", "amazon.co.jp answered 404")
    assert (expanding.sent(JobFailed.TYPE), job["announced"]) == (["a-job"], True)


async def test_passing_error_fails_the_job_on_its_last_attempt() -> None:
    job = searched()
    expanding = Expanding(job)
    expanding.source.pages[FIRST_PAGE] = RetryableError("no answer", code="timeout")
    for attempt in range(1, ATTEMPTS):
        with pytest.raises(RetryableError):
            await expanding.submit(job, attempt)
        assert job["status"] == "PROCESSING"
    await expanding.submit(job, ATTEMPTS)
    assert (job["status"], job["error_message"]) == ("FAILED", "no answer")


async def test_unforeseen_error_fails_the_job_without_its_text() -> None:
    job = searched()
    expanding = Expanding(job)
    expanding.source.pages[FIRST_PAGE] = ZeroDivisionError("secret detail")
    with pytest.raises(ZeroDivisionError):
        await expanding.submit(job, ATTEMPTS)
    assert job["status"] == "FAILED"
    assert "secret" not in job["error_message"]


@pytest.mark.parametrize("attempt", [1, ATTEMPTS, 50])
async def test_blocked_marketplace_never_fails_a_job(attempt: int) -> None:
    job = searched()
    expanding = Expanding(job)
    expanding.source.pages[FIRST_PAGE] = BlockedError("slow down", retry_after=5.0)
    with pytest.raises(BlockedError):
        await expanding.submit(job, attempt)
    assert job["status"] == "PROCESSING"


@pytest.mark.parametrize("attempt", [1, ATTEMPTS])
async def test_outage_of_the_database_never_fails_a_job(attempt: int) -> None:
    job = searched()
    expanding = Expanding(job)
    expanding.source.pages[FIRST_PAGE] = Listing(asins=(asin(1),))
    expanding.repository.fail_next["save_expansion"] = DatabaseUnavailableError("gone")
    with pytest.raises(DatabaseUnavailableError):
        await expanding.submit(job, attempt)
    await expanding.submit(job, attempt)
    assert (job["status"], job["total_items"]) == ("PROCESSING", 1)


async def test_job_cancelled_while_failing_stays_cancelled() -> None:
    job = searched()
    expanding = Expanding(job)

    async def cancel(*_: object) -> Listing:
        job["status"] = "CANCELLED"
        raise PermanentError("gone")

    expanding.source.listing = cancel  # type: ignore[method-assign, assignment]  # its user cancels meanwhile
    await expanding.submit(job)
    assert (job["status"], expanding.sent(JobFailed.TYPE)) == ("CANCELLED", [])


async def test_marketplace_nobody_serves_holds_up_no_other_job() -> None:
    unserved, served = (bulk(number, status="PROCESSING", total_items=1) for number in (1, 2))
    expanding = Expanding(unserved, served)
    expanding.repository.items["job-1", 1, 0] = [f"amazon.eg:{asin(0)}"]
    expanding.repository.items["job-2", 1, 0] = [f"{HOME}:{asin(0)}"]
    expanding.broker.without_queue.add(collect_key("amazon.eg"))
    await expanding.expander.feed_all()
    assert expanding.sent(CollectItem.TYPE) == ["job-2"]


async def test_news_of_an_unserved_job_holds_up_no_other() -> None:
    unserved = bulk(1, status="PROCESSING", total_items=1)
    expanding = Expanding(unserved)
    expanding.repository.items["job-1", 1, 0] = [f"amazon.eg:{asin(0)}"]
    expanding.broker.without_queue.add(collect_key("amazon.eg"))
    await expanding.tell(news(JobProgressed, unserved, "PROCESSING"))
    assert (unserved["fed"], unserved["status"]) == (0, "PROCESSING")
