"""Whom an event is told, when a delivery is tried again, and what bears a signature."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.sweeper.deliveries import DELAYS, Attempt, judge
from services.sweeper.telling import deliveries, gathered, user_event, user_events
from shared.jobs import JobStatus
from shared.messages import JobCompleted, JobFailed, JobReached, PriceChange, ProductsNoted, ProfitableProduct
from shared.quality import Quality
from shared.user_events import user_key
from shared.webhooks import DeliveryState, new_secret, signature, valid_secrets
from tests.builders import NOW

FACTS: dict[str, Any] = {
    "job_id": "a-job",
    "user_id": "ann",
    "rev": 3,
    "total_items": 4,
    "progress": 1,
    "success_count": 1,
    "error_count": 0,
    "at": NOW,
}


def webhook(**changes: Any) -> dict[str, Any]:
    events = ["job.completed", "job.progressed"]
    return {"_id": "w", "user_id": "ann", "enabled": True, "events": events, "progress": [25], **changes}


def reached(percent: int) -> JobReached:
    return JobReached(**FACTS, status=JobStatus.PROCESSING, percent=percent)


def answered(status: int | None, **more: Any) -> Attempt:
    return Attempt(status, None if status else "ConnectError", 5, **more)


def test_event_goes_to_whoever_wants_it() -> None:
    done = user_event(JobCompleted(**FACTS, status=JobStatus.COMPLETED))
    hooks = [
        webhook(),
        webhook(_id="of another", user_id="bob"),
        webhook(_id="off", enabled=False),
        webhook(_id="else", events=["job.failed"]),
    ]
    assert [each["webhook_id"] for each in deliveries([done], hooks, NOW, 30)] == ["w"]
    steps = [user_event(reached(percent)) for percent in (20, 25)]
    [found] = deliveries(steps, hooks, NOW, 30)
    assert found["event_id"] == "msg_a-job_1_job_progressed_25"


def test_event_keeps_its_id_however_often_it_is_told() -> None:
    later = JobFailed(**{**FACTS, "at": NOW + timedelta(hours=1)}, status=JobStatus.FAILED, reason="x")
    first = JobFailed(**FACTS, status=JobStatus.FAILED, reason="x")
    assert user_event(first).id == user_event(later).id != user_event(first.model_copy(update={"run": 2})).id
    assert "." not in user_event(first).id


def test_verdict_on_quality_is_told_where_there_is_one() -> None:
    done = JobCompleted(**FACTS, status=JobStatus.COMPLETED)
    quality = {"status": "failed", "reasons": [{"rule": "min_success_rate", "wanted": 95.0, "got": 90.0}]}
    gated = done.model_copy(update={"quality": Quality.model_validate(quality)})
    assert "quality" not in user_event(done).data
    assert user_event(gated).data["quality"] == quality


def test_events_of_a_hundred_products_are_small() -> None:
    place: dict[str, Any] = {"asin": "B000000001", "marketplace": "amazon.com.au"}
    changes = [
        PriceChange(
            seq=10**6 + n, **place, currency="AUD", price=Decimal("12345678.99"), previous_price=Decimal("1.01")
        )
        for n in range(100)
    ]
    figures: dict[str, Any] = {"margin_percent": 12.34, "profit_krw": 10**9, "recommended_price_krw": 10**10}
    good = [ProfitableProduct(seq=10**6 + n, **place, **figures) for n in range(100)]
    noted = ProductsNoted(job_id="j" * 32, user_id="ann", at=NOW, price_changes=tuple(changes), profitable=tuple(good))
    events = user_events(noted)
    assert [len(event.data["products"]) for event in events] == [100, 100]
    assert max(len(event.body().encode()) for event in events) < 20_000


def noted(first: int, last: int, **facts: Any) -> ProductsNoted:
    figures: dict[str, Any] = {"margin_percent": 12.5, "profit_krw": 1, "recommended_price_krw": 2}
    products = [
        ProfitableProduct(seq=seq, asin="B000000001", marketplace="amazon.com", **figures) for seq in range(first, last)
    ]
    return ProductsNoted(**{"job_id": "a-job", "user_id": "ann", "at": NOW, "profitable": tuple(products), **facts})


def test_products_of_a_run_are_gathered_each_once_up_to_a_hundred_an_event() -> None:
    done = JobCompleted(**FACTS, status=JobStatus.COMPLETED)
    few = [noted(seq, seq + 2) for seq in range(150)]
    found = gathered([*few, noted(0, 1, run=2), noted(5, 6, job_id="b-job"), done])
    events = [event for message in found for event in user_events(message)]
    told = [(e.data["job_id"], e.data["run"], [p["seq"] for p in e.data.get("products", ())]) for e in events]
    assert told == [
        ("a-job", 1, []),
        ("a-job", 1, [*range(100)]),
        ("a-job", 1, [*range(100, 151)]),
        ("a-job", 2, [0]),
        ("b-job", 1, [5]),
    ]
    again = [event.id for message in gathered([*few, done]) for event in user_events(message)]
    assert again == [event.id for event in events[:3]]


def test_key_of_a_user_is_one_word() -> None:
    assert user_key("a.b*#é", "job.failed") == "a%2Eb%2A%23%C3%A9.job.failed"


def test_waits_are_those_promised() -> None:
    jitter = random.Random(1)
    waits = [judge(answered(500), number, jitter).wait for number in range(1, 11)]
    assert waits[-1] is None
    assert (0.0, *(round(wait or 0.0) for wait in waits[:-1])) != DELAYS  # with jitter
    for wait, usual in zip(waits, DELAYS[1:], strict=False):
        assert wait is not None
        assert 0.9 * usual <= wait <= 1.1 * usual


@pytest.mark.parametrize("status", [200, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    assert judge(answered(status), 10, random.Random()).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("status", [None, 301, 307, 400, 404, 429, 503])
def test_anything_else_is_tried_again(status: int | None) -> None:
    assert judge(answered(status), 1, random.Random()).state is DeliveryState.PENDING
    assert judge(answered(status), 10, random.Random()).state is DeliveryState.FAILED


def test_410_ends_it_at_once() -> None:
    verdict = judge(answered(410), 1, random.Random())
    assert (verdict.state, verdict.gone, verdict.wait) == (DeliveryState.FAILED, True, None)


def test_wish_of_a_receiver_is_heeded_up_to_a_day() -> None:
    assert judge(answered(429, retry_after=1000.0), 1, random.Random()).wait == 1000.0
    assert judge(answered(429, retry_after=1e9), 1, random.Random()).wait == 86_400.0


def test_both_secrets_verify_during_the_overlap() -> None:
    now = datetime.now(UTC)
    old, new, past = new_secret(), new_secret(), new_secret()
    kept = [
        {"value": new, "expires_at": None},
        {"value": old, "expires_at": now + timedelta(hours=1)},
        {"value": past, "expires_at": now - timedelta(seconds=1)},
    ]
    body, seconds = '{"type":"ping"}', int(now.timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(valid_secrets(kept, now), "msg_1", seconds, body),
    }
    for secret in (new, old):
        assert Webhook(secret).verify(body, headers) == {"type": "ping"}
    for secret, said in ((past, body), (new, body + " ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(said, headers)


def test_batch_of_products_is_one_event_of_each_kind_with_numbers() -> None:
    place: dict[str, Any] = {"seq": 3, "asin": "B000000001", "marketplace": "amazon.com"}
    change = PriceChange(**place, currency="USD", price=Decimal("9.5"), previous_price=Decimal(10))
    noted = ProductsNoted(job_id="a-job", user_id="ann", at=NOW, price_changes=(change,))
    [event] = user_events(noted)
    assert (event.type, event.data["products"][0]["price"]) == ("price.changed", 9.5)
    other = noted.model_copy(update={"price_changes": (change.model_copy(update={"seq": 4}),)})
    assert user_events(noted)[0].id == event.id != user_events(other)[0].id
