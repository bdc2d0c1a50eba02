"""Messages survive the wire, tolerate newer writers, and never change in anyone's hands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from shared.items import collect_command
from shared.job_events import ended, progressed
from shared.jobs import TERMINAL, JobStatus
from shared.messages import (
    FINAL_EVENTS,
    MESSAGES,
    CollectItem,
    ItemsFinished,
    JobCancelled,
    JobCompleted,
    JobExpanded,
    JobFailed,
    JobPaused,
    JobProgressed,
    JobReached,
    JobResumed,
    JobSubmitted,
    Message,
    PriceChange,
    ProductsNoted,
    ProfitableProduct,
)
from shared.outgoing import command, event
from shared.topology import COMMANDS, EVENTS, collect_key
from tests.builders import HOME, NOW, asin, collect, finished, job_document

FACTS = {
    "job_id": "a-job",
    "run": 2,
    "user_id": "ann",
    "rev": 7,
    "status": JobStatus.PROCESSING,
    "total_items": None,
    "progress": 3,
    "success_count": 2,
    "error_count": 1,
    "at": datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC),
}
EXAMPLES: list[Message] = [
    JobSubmitted(job_id="a-job", run=3),
    collect(999_999),
    finished((1, 2), (3,), run=2),
    JobExpanded(job_id="a-job", total_items=0),
    *(model.model_validate(FACTS) for model in (JobProgressed, JobPaused, JobResumed, JobCompleted, JobCancelled)),
    JobReached.model_validate({**FACTS, "percent": 95}),
    ProductsNoted(
        job_id="a-job",
        user_id="ann",
        at=NOW,
        price_changes=(
            PriceChange(
                seq=1, asin=asin(1), marketplace=HOME, currency="JPY", price=Decimal("9.50"), previous_price=Decimal(10)
            ),
        ),
        profitable=(ProfitableProduct(seq=2, asin=asin(2), marketplace=HOME, margin_percent=12.5, profit_krw=900),),
    ),
    JobFailed.model_validate({**FACTS, "reason": "商品がありません"}),
]
each_message = pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: message.TYPE)


def test_every_wire_type_is_known_once() -> None:
    assert {message.TYPE: type(message) for message in EXAMPLES} == MESSAGES


@each_message
def test_message_reads_as_it_was_written(message: Message) -> None:
    assert MESSAGES[message.TYPE].model_validate_json(message.encode()) == message


@each_message
def test_field_of_a_newer_writer_is_ignored(message: Message) -> None:
    newer = json.dumps({**json.loads(message.encode()), "added_later": [1]})
    assert MESSAGES[message.TYPE].model_validate_json(newer) == message


@each_message
def test_message_cannot_be_changed(message: Message) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        message.run = 9


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (JobSubmitted, {"job_id": ""}),
        (JobSubmitted, {"job_id": "x" * 65}),
        (JobSubmitted, {"job_id": "a-job", "run": 0}),
        (CollectItem, {"job_id": "a-job", "seq": -1, "asin": asin(1), "marketplace": HOME}),
        (CollectItem, {"job_id": "a-job", "seq": 1, "asin": "B1", "marketplace": HOME}),
        (CollectItem, {"job_id": "a-job", "seq": 10**30, "asin": asin(1), "marketplace": HOME}),
        (CollectItem, {"job_id": "a-job", "seq": 1, "asin": "../../../x", "marketplace": HOME}),
        (CollectItem, {"job_id": "a-job", "seq": 1, "asin": asin(1), "marketplace": "evil.com"}),
        (ItemsFinished, {"job_id": "a-job", "succeeded": ["x"]}),
        (ItemsFinished, {"job_id": "a-job", "succeeded": [10**9]}),
        (ItemsFinished, {"job_id": "a-job", "failed": [-1]}),
        (JobExpanded, {"job_id": "a-job", "total_items": -1}),
    ],
)
def test_message_that_makes_no_sense_is_refused(model: type[Message], wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(wrong)


def test_final_events_cover_every_end_of_a_job() -> None:
    assert set(FINAL_EVENTS) == TERMINAL


def test_command_goes_to_its_one_queue_or_raises() -> None:
    sent = command(JobSubmitted(job_id="a-job"))
    assert (sent.exchange, sent.key, sent.mandatory, sent.correlation_id) == (
        COMMANDS,
        "job.submitted.v1",
        True,
        "a-job",
    )


def test_event_needs_no_listener_unless_it_says_so() -> None:
    fact = finished((1,))
    assert (event(fact).exchange, event(fact).mandatory, event(fact, mandatory=True).mandatory) == (EVENTS, False, True)


def test_collect_command_has_the_id_of_its_outcome() -> None:
    sent = collect_command("a-job", 2, 17, f"{HOME}:{asin(17)}")
    assert (sent.key, sent.message_id) == (collect_key(HOME), "a-job:2:17")
    assert CollectItem.model_validate_json(sent.body) == collect(17, run=2)


def test_properties_say_what_the_message_is() -> None:
    sent = command(JobSubmitted(job_id="a-job"), message_id="m-1", headers={"x-attempt": 2})
    properties = sent.properties("api-1")
    assert (properties.delivery_mode, properties.content_type) == (2, "application/json")
    assert (properties.message_type, properties.message_id) == ("job.submitted.v1", "m-1")
    assert properties.correlation_id == "a-job"
    assert properties.headers is not None
    assert properties.headers["x-attempt"] == 2
    assert properties.headers["cloudEvents:type"] == "job.submitted.v1"
    assert properties.headers["cloudEvents:source"] == "/asinflow/api-1"
    assert properties.headers["cloudEvents:id"] == "m-1"
    assert properties.timestamp is not None
    assert properties.timestamp.tzinfo is not None


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_final_event_has_one_id_however_often_it_is_sent(status: JobStatus) -> None:
    job = job_document(status=str(status), run=2, rev=9, total_items=0)
    first, second = ended(job, NOW), ended(job)
    assert first.message_id == second.message_id == f"{job['_id']}:2:{status.lower()}"
    told = FINAL_EVENTS[status].model_validate_json(first.body)
    assert (told.job_id, told.run, told.rev, told.status, told.at) == (job["_id"], 2, 9, status, NOW)


def test_failed_event_says_why() -> None:
    told = JobFailed.model_validate_json(ended(job_document(status="FAILED", error_message="no such page")).body)
    assert told.reason == "no such page"


def test_progress_event_is_recognised_by_its_rev() -> None:
    job = job_document(status="PROCESSING", rev=4, run=3)
    assert progressed(job).message_id == f"{job['_id']}:3:4"
