"""What should have happened and did not is made to happen; what cannot be handled is kept, once, with its reason."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.api.failure_repository import MongoFailureStore
from services.api.failures import Choice
from services.expander.queues import JOB_SUBMITTED
from shared import failures as reasons
from shared.messages import CollectItem, ItemsFinished, JobCompleted, JobExpanded, JobFailed, JobSubmitted
from shared.mongo import Binary, Document
from shared.outgoing import Header, Outgoing, event
from shared.topology import DEAD, DEAD_LETTERS, DELIVERY_LIMIT
from tests.builders import asin, collect, finished
from tests.cable import Cable
from tests.integration.shared.conftest import OpenBroker
from tests.integration.sweeper.conftest import COLLECT, NEWS, Sweeping, ago
from tests.waiting import eventually


async def test_unsent_job_is_sent_within_seconds(sweeping: Sweeping) -> None:
    job = await sweeping.job(age=1.0)
    async with sweeping.sweeper():
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED), 3.0)
        stored = await sweeping.stored(job)
        assert stored["submitted_at"] is not None
    messages = await sweeping.rabbit.take_all(JOB_SUBMITTED)
    assert [JobSubmitted.model_validate_json(m.body) for m in messages] == [JobSubmitted(job_id=job)]


async def test_unsent_jobs_are_sent_once_the_broker_is_back(sweeping: Sweeping, cable: Cable) -> None:
    cable.cut()
    job = await sweeping.job(age=1.0)
    async with sweeping.sweeper(amqp_url=cable.url):
        await eventually(lambda: _led(sweeping, "s0"))
        assert (await sweeping.stored(job))["submitted_at"] is None
        cable.mend()
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))


async def _led(sweeping: Sweeping, name: str) -> bool:
    return bool(await sweeping.database["leases"].count_documents({"owner": name}))


async def test_final_event_nobody_confirmed_is_told_again(sweeping: Sweeping) -> None:
    ended = {"status": "COMPLETED", "total_items": 2, "progress": 2, "success_count": 2, "completed_at": ago(60)}
    job = await sweeping.job(age=60, **ended)
    told = await sweeping.job(age=60, **ended, announced=True)
    async with sweeping.sweeper():
        await sweeping.until(job, announced=True)
    [news] = await sweeping.rabbit.take_all(NEWS)
    event_told = JobCompleted.model_validate_json(news.body)
    assert (event_told.job_id, event_told.success_count, news.message_id) == (job, 2, f"{job}:1:completed")
    assert event_told.job_id != told


async def test_lost_window_is_handed_out_again(sweeping: Sweeping) -> None:
    """The queue was purged, or its node lost: nobody knows of the items any more."""
    job = await sweeping.running_job(30, fed=10)
    async with sweeping.sweeper(stalled_after_seconds=60):
        await eventually(lambda: sweeping.rabbit.ready(COLLECT))
        await eventually(lambda: sweeping.rabbit.ready(JOB_EXPANDED))
    commands = [CollectItem.model_validate_json(m.body) for m in await sweeping.rabbit.take_all(COLLECT)]
    assert [(c.job_id, c.run, c.seq, c.asin) for c in commands] == [(job, 1, seq, asin(seq)) for seq in range(10)]
    [wake] = await sweeping.rabbit.take_all(JOB_EXPANDED)
    assert JobExpanded.model_validate_json(wake.body).total_items == 30
    assert await sweeping.rabbit.ready(ITEMS_FINISHED) == 0


async def test_outcome_the_ledger_lacks_is_told_again(sweeping: Sweeping) -> None:
    """Items 0 to 7 are counted; of the others some have their outcome, whose fact was lost."""
    job = await sweeping.running_job(20, fed=20, progress=8, success_count=8, ledger=Binary(b"\xff"))
    await sweeping.outcome(job, 9)
    await sweeping.outcome(job, 12, "failed")
    async with sweeping.sweeper(stalled_after_seconds=60):
        await eventually(lambda: sweeping.rabbit.ready(ITEMS_FINISHED))
        await eventually(lambda: sweeping.rabbit.ready(COLLECT))
    [fact] = [ItemsFinished.model_validate_json(m.body) for m in await sweeping.rabbit.take_all(ITEMS_FINISHED)]
    assert fact == ItemsFinished(job_id=job, run=1, succeeded=(9,), failed=(12,))
    commands = [CollectItem.model_validate_json(m.body) for m in await sweeping.rabbit.take_all(COLLECT)]
    assert [command.seq for command in commands] == [8, 10, 11, *range(13, 20)]


async def test_job_never_expanded_is_submitted_again(sweeping: Sweeping) -> None:
    job = await sweeping.job(age=3_600, status="PROCESSING", submitted_at=ago(3_600))
    async with sweeping.sweeper(stalled_after_seconds=60):
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))
    [message] = await sweeping.rabbit.take_all(JOB_SUBMITTED)
    assert JobSubmitted.model_validate_json(message.body) == JobSubmitted(job_id=job)


async def test_attempt_to_heal_that_cannot_be_made_does_not_count(sweeping: Sweeping, cable: Cable) -> None:
    """Else a long outage of the broker would look like jobs beyond help."""
    job = await sweeping.running_job(5, fed=5)
    cable.cut()
    async with sweeping.sweeper(amqp_url=cable.url, stalled_after_seconds=0.05, stalled_limit_seconds=3_000):
        await eventually(lambda: _led(sweeping, "s0"))
        late = await sweeping.job(age=2_000, takes=3, takes_run=1)
        await sweeping.until(late, status="FAILED")  # by then it has made its round
        assert "heals" not in await sweeping.stored(job)
        cable.mend()
        await eventually(lambda: sweeping.rabbit.ready(COLLECT))


async def test_job_that_moves_is_left_alone(sweeping: Sweeping) -> None:
    await sweeping.running_job(30, fed=10, age=1.0)
    unsent = await sweeping.job(age=1.0)
    async with sweeping.sweeper(stalled_after_seconds=60):
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))  # by then it has made its round
        assert (await sweeping.stored(unsent))["submitted_at"] is not None
    assert await sweeping.rabbit.ready(COLLECT) == 0


async def test_stalled_job_is_healed_again(sweeping: Sweeping) -> None:
    job = await sweeping.running_job(5, fed=5)
    async with sweeping.sweeper(stalled_after_seconds=0.3):
        healed = await eventually(lambda: sweeping.database["jobs"].find_one({"_id": job, "heals": 2}))
    assert (healed["healed_at"] - healed["updated_at"]).total_seconds() > 3_600
    assert await sweeping.rabbit.ready(COLLECT) in (5, 10)


async def test_pending_job_expires_with_its_reason(sweeping: Sweeping) -> None:
    taken = {"submitted_at": ago(10), "takes": 3, "takes_run": 1}
    late = await sweeping.job(age=2_000, **taken)
    waiting = await sweeping.job(age=2_000, status_reason="waits for others", **taken)
    young = await sweeping.job(age=1_000, **taken)
    untaken = await sweeping.job(age=90_000, submitted_at=ago(10))
    async with sweeping.sweeper():
        failed = await sweeping.until(late, status="FAILED", announced=True)
    assert (failed["error_message"], failed["status_reason"]) == ("Timeout: Job expired", None)
    assert failed["completed_at"] is not None
    for job in (waiting, young, untaken):
        assert (await sweeping.stored(job))["status"] == "PENDING"
    [news] = await sweeping.rabbit.take_all(NEWS)
    assert JobFailed.model_validate_json(news.body).reason == "Timeout: Job expired"


async def test_job_beyond_help_expires_after_it_was_healed(sweeping: Sweeping) -> None:
    job = await sweeping.running_job(5, fed=5)
    async with sweeping.sweeper(stalled_after_seconds=0.05, stalled_limit_seconds=3_000):
        failed = await sweeping.until(job, status="FAILED")
    assert failed["heals"] >= 3
    assert failed["error_message"].startswith("Timeout: Job expired: no progress for")
    assert await sweeping.rabbit.ready(COLLECT) >= 15


def dead_letter(body: bytes, message_type: str, message_id: str, **headers: Header) -> Outgoing:
    reason: dict[str, Header] = {reasons.ERROR_CODE: "bug", reasons.FAILED_QUEUE: COLLECT.name, **headers}
    return Outgoing(DEAD, "", body, message_type, "a-job", message_id, reason)


async def test_dead_letter_is_stored_once(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    broker = await open_broker()
    letter = dead_letter(b"\xff\x00 strange", "nobody.knows.v9", "m-1")
    await broker.publish([letter, letter])
    async with sweeping.sweeper("s0"), sweeping.sweeper("s1"):
        await broker.publish([letter, event(finished((1,)))])
        await eventually(lambda: _stored_failures(sweeping))

        async def taken() -> bool:
            return await sweeping.rabbit.ready(DEAD_LETTERS) == 0

        assert await eventually(taken)
    [failure] = await sweeping.database["failures"].find().to_list(None)
    assert (failure["code"], failure["queue"], failure["message_id"]) == ("bug", COLLECT.name, "m-1")
    assert failure["payload"] == {"bytes": b"\xff\x00 strange"}
    assert await sweeping.rabbit.ready(DEAD_LETTERS) == 0


async def _stored_failures(sweeping: Sweeping) -> int:
    return int(await sweeping.database["failures"].count_documents({}))


async def test_item_that_kills_its_collectors_gets_its_outcome(sweeping: Sweeping) -> None:
    job = await sweeping.running_job(5, fed=5, age=0.0)
    poison = collect(3, job_id=job)
    await sweeping.rabbit.put(COLLECT, poison.encode(), CollectItem.TYPE, message_id=f"{job}:1:3")
    for _ in range(DELIVERY_LIMIT + 1):
        await eventually(lambda: _waits(sweeping))
        await sweeping.rabbit.drop(COLLECT)
    async with sweeping.sweeper():
        outcome = await eventually(lambda: sweeping.database["outcomes"].find_one({"_id": f"{job}:1:3"}))
        await eventually(lambda: sweeping.rabbit.ready(ITEMS_FINISHED))
    assert (outcome["status"], outcome["error"]["code"], outcome["asin"]) == ("failed", "delivery_limit", asin(3))
    [fact] = await sweeping.rabbit.take_all(ITEMS_FINISHED)
    assert ItemsFinished.model_validate_json(fact.body) == ItemsFinished(job_id=job, run=1, failed=(3,))
    [failure] = await sweeping.database["failures"].find().to_list(None)
    assert (failure["code"], failure["queue"]) == ("delivery_limit", COLLECT.name)


async def _waits(sweeping: Sweeping) -> bool:
    return await sweeping.rabbit.ready(COLLECT) + await sweeping.rabbit.ready(DEAD_LETTERS) == 1


async def test_dead_item_with_an_outcome_keeps_it(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    job = await sweeping.running_job(5, fed=5, age=0.0)
    await sweeping.outcome(job, 3)
    broker = await open_broker()
    await broker.publish([dead_letter(collect(3, job_id=job).encode(), CollectItem.TYPE, "m-1")])
    async with sweeping.sweeper():
        await eventually(lambda: sweeping.rabbit.ready(ITEMS_FINISHED))
    [fact] = await sweeping.rabbit.take_all(ITEMS_FINISHED)
    assert ItemsFinished.model_validate_json(fact.body).succeeded == (3,)
    stored: Document | None = await sweeping.database["outcomes"].find_one({"_id": f"{job}:1:3"})
    assert stored is not None
    assert stored["status"] == "succeeded"


async def test_leadership_moves_when_the_lease_runs_out(sweeping: Sweeping) -> None:
    """A leader that hangs renews nothing; one that stops gives it back at once."""
    leases = sweeping.database["leases"]
    await leases.insert_one({"_id": "sweeper", "owner": "hanging", "until": ago(-1.0)})
    job = await sweeping.job(age=1.0)
    async with sweeping.sweeper("s1"):
        first = await leases.find_one({"_id": "sweeper"})
        assert first is not None
        assert first["owner"] == "hanging"
        await eventually(lambda: _led(sweeping, "s1"))
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))
        assert (await sweeping.stored(job))["submitted_at"] >= first["until"]
    stopped = await leases.find_one({"_id": "sweeper"})
    assert stopped is not None
    assert stopped["owner"] is None


async def test_old_jobs_go_with_everything_of_theirs(sweeping: Sweeping) -> None:
    old = await sweeping.running_job(3, fed=3, status="COMPLETED", completed_at=ago(90_000), announced=True)
    kept = await sweeping.running_job(3, fed=3, status="COMPLETED", completed_at=ago(80_000), announced=True)
    for job in (old, kept):
        await sweeping.outcome(job, 0)
        await sweeping.database["attempts"].insert_one({"_id": f"{job}:1:1", "job_id": job})
    theirs = ("items", "outcomes", "attempts")
    async with sweeping.sweeper(retention_days=1.0):

        async def gone() -> bool:
            """The job goes first, then what belongs to it, a collection after the other."""
            jobs = await sweeping.database["jobs"].count_documents({"_id": old})
            left = [await sweeping.database[name].count_documents({"job_id": old}) for name in theirs]
            return not any((jobs, *left))

        assert await eventually(gone)
    for name in theirs:
        assert await sweeping.database[name].distinct("job_id") == [kept]


@pytest.mark.parametrize("hours", [1.0, 2.0])
async def test_failures_expire_as_the_setting_says(sweeping: Sweeping, hours: float) -> None:
    """A changed setting changes the index that is there."""
    async with sweeping.sweeper(failures_hours=3.0):
        await eventually(lambda: _led(sweeping, "s0"))
    async with sweeping.sweeper(failures_hours=hours):
        await eventually(lambda: _led(sweeping, "s0"))
    indexes = await sweeping.database["failures"].index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == hours * 3_600


async def _ask_for_retry(sweeping: Sweeping, mongo_failures: Document) -> None:
    await MongoFailureStore(sweeping.database).request_retries(Choice(**mongo_failures), "root")


async def test_retried_message_returns_to_its_queue_as_it_was(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    broker = await open_broker()
    body = JobSubmitted(job_id="a-job").encode()
    headers: dict[str, Header] = {reasons.FAILED_QUEUE: JOB_SUBMITTED.name, "x-attempt": 3, "traceparent": "00-1"}
    await broker.publish([dead_letter(body, JobSubmitted.TYPE, "m-1", **headers)])
    async with sweeping.sweeper():
        await eventually(lambda: _stored_failures(sweeping))
        await _ask_for_retry(sweeping, {})
        await _ask_for_retry(sweeping, {})
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))

        async def forgotten() -> bool:
            return await _stored_failures(sweeping) == 0

        assert await eventually(forgotten)
    [message] = await sweeping.rabbit.take_all(JOB_SUBMITTED)
    assert (message.body, message.type, message.message_id) == (body, JobSubmitted.TYPE, "m-1")
    assert message.correlation_id == "a-job"
    brokers = ("cloudEvents:", "x-delivery-count")
    own = {name: value for name, value in message.headers.items() if not name.startswith(brokers)}
    first = own.pop(reasons.FIRST_FAILED_AT)
    assert isinstance(first, str)
    assert own == {"traceparent": "00-1", reasons.RETRIES: 1}


@pytest.mark.parametrize("forgotten", [True, False])
async def test_message_that_fails_again_is_the_same_failure(
    sweeping: Sweeping, open_broker: OpenBroker, forgotten: bool
) -> None:
    """Whether or not the sweeper had come to forget it."""
    broker = await open_broker()
    letter = dead_letter(b"{}", "nobody.knows.v9", "m-1")
    await broker.publish([letter])
    failures = sweeping.database["failures"]
    async with sweeping.sweeper():
        first = await eventually(lambda: failures.find_one({}))
    await _ask_for_retry(sweeping, {"code": "bug"})
    if forgotten:
        await failures.delete_one({})
    again: dict[str, Header] = {reasons.RETRIES: 1, reasons.ERROR_CODE: "worse"}
    again[reasons.FIRST_FAILED_AT] = first["first_failed_at"].isoformat()
    await broker.publish([dead_letter(b"{}", "nobody.knows.v9", "m-1", **again)] * 2)
    # No leader: only dead letters are taken.
    await sweeping.database["leases"].update_one({}, {"$set": {"owner": "another", "until": ago(-3_600)}})
    async with sweeping.sweeper():
        await eventually(lambda: failures.find_one({"code": "worse"}))
    [failure] = await failures.find().to_list(None)
    assert (failure["_id"], failure["retries"], failure["retry_requested_at"]) == (first["_id"], 1, None)
    assert failure["first_failed_at"] == first["first_failed_at"]


def _postponed() -> float:
    return REGISTRY.get_sample_value("asinflow_sweeper_errors_total", {"duty": "outbox"}) or 0.0


async def test_retry_waits_for_the_broker(sweeping: Sweeping, open_broker: OpenBroker, cable: Cable) -> None:
    broker = await open_broker()
    await broker.publish([dead_letter(b"{}", "a.type", "m-1", **{reasons.FAILED_QUEUE: JOB_SUBMITTED.name})])
    async with sweeping.sweeper("s0", amqp_url=cable.url):
        await eventually(lambda: _stored_failures(sweeping))
        cable.cut()
        await _ask_for_retry(sweeping, {})
        await sweeping.job(age=1.0)  # which cannot be sent: each round says so
        rounds = _postponed()
        await eventually(lambda: _postponed() >= rounds + 2)
        assert await sweeping.database["failures"].count_documents({"retry_requested_at": {"$ne": None}}) == 1
        cable.mend()
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))


async def test_message_whose_queue_is_gone_stays_with_its_reason(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    broker = await open_broker()
    gone = dead_letter(b"{}", "a.type", "m-1", **{reasons.FAILED_QUEUE: "service.gone"})
    good = dead_letter(b"{}", "a.type", "m-2", **{reasons.FAILED_QUEUE: JOB_SUBMITTED.name})
    await broker.publish([gone, good])
    async with sweeping.sweeper():

        async def both() -> bool:
            return await _stored_failures(sweeping) == 2

        assert await eventually(both)
        await _ask_for_retry(sweeping, {})
        failure = await eventually(lambda: sweeping.database["failures"].find_one({"retry_error": {"$ne": None}}))
        await eventually(lambda: sweeping.rabbit.ready(JOB_SUBMITTED))

        async def sent_one_is_forgotten() -> bool:
            return await sweeping.database["failures"].distinct("message_id") == ["m-1"]

        assert await eventually(sent_one_is_forgotten)
    assert (failure["message_id"], failure["retries"], failure["retry_requested_at"]) == ("m-1", 0, None)
    assert "service.gone" in failure["retry_error"]


async def test_failures_are_told_by_metrics(sweeping: Sweeping, open_broker: OpenBroker) -> None:
    broker = await open_broker()
    old: dict[str, Header] = {reasons.FAILED_AT: ago(3_600).isoformat(), reasons.ERROR_CODE: "told_by_metrics"}
    await broker.publish([dead_letter(b"{}", "a.type", f"m-{n}", **old) for n in range(3)])
    async with sweeping.sweeper():
        await eventually(lambda: _stored_failures(sweeping))
    async with sweeping.sweeper():  # a new one counts at once

        def told() -> bool:
            value = REGISTRY.get_sample_value(
                "asinflow_failures_stored", {"queue": COLLECT.name, "code": "told_by_metrics"}
            )
            oldest = REGISTRY.get_sample_value("asinflow_failures_oldest_age_seconds")
            return value == 3 and oldest is not None and oldest >= 3_600

        assert await eventually(told)
