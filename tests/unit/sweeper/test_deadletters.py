"""A dead letter is stored once, with its reason, readable where it can be, whatever is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.sweeper.letters import body_of, failure_document
from shared import failures as reasons
from shared.messages import CollectItem
from tests.builders import NOW, collect, delivery

FAILED_AT = datetime(2026, 11, 23, 5, 0, 0, 123_456, tzinfo=UTC)
OURS = {
    reasons.ERROR_CODE: "not_found",
    reasons.ERROR_CLASS: "PermanentError",
    reasons.ERROR_MESSAGE: "no such page",
    reasons.ERROR_TRACEBACK: "Traceback ...",
    reasons.FAILED_QUEUE: "collector.item_collect.amazon.co.jp",
    reasons.FAILED_AT: FAILED_AT.isoformat(),
    "x-attempt": 3,
}
POISON = {"x-death": [{"queue": "a.queue", "reason": "delivery_limit", "time": FAILED_AT, "count": 1, "exchange": ""}]}


def stored(body: bytes = b"{}", headers: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return failure_document(delivery(body, headers=headers, **changes), NOW)


def test_our_dead_letter_keeps_its_reason() -> None:
    document = stored(collect(3).encode(), OURS)
    assert (document["queue"], document["code"], document["attempts"]) == (OURS[reasons.FAILED_QUEUE], "not_found", 3)
    assert (document["error_class"], document["message"]) == ("PermanentError", "no such page")
    assert (document["traceback"], document["failed_at"]) == ("Traceback ...", FAILED_AT)
    assert (document["type"], document["message_id"], document["correlation_id"]) == (
        CollectItem.TYPE,
        "message-1",
        "a-job",
    )
    assert reasons.ERROR_TRACEBACK not in document["headers"]
    assert CollectItem.model_validate_json(document["payload"]["json"]) == collect(3)


def test_poison_taken_by_the_broker_has_its_reason() -> None:
    document = stored(headers=POISON)
    assert (document["queue"], document["code"], document["failed_at"]) == ("a.queue", "delivery_limit", FAILED_AT)
    assert document["message"] == "dead-lettered by the broker: delivery_limit"


def test_letter_without_any_reason_is_kept_all_the_same() -> None:
    document = stored(b"?", headers={}, message_type="", message_id="")
    assert (document["queue"], document["code"], document["failed_at"]) == ("unknown", "unknown", NOW)
    assert (document["type"], document["message_id"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b'{"a": 1}', {"json": '{"a": 1}'}),
        ("商品".encode(), {"text": "商品"}),
        (b"\xff\x00", {"bytes": b"\xff\x00"}),
        (b"", {"text": ""}),
        (b"[" * 5000, {"text": "[" * 5000}),
    ],
)
def test_payload_is_as_readable_as_can_be(body: bytes, payload: dict[str, Any]) -> None:
    assert stored(body)["payload"] == payload


@pytest.mark.parametrize("headers", [OURS, POISON, {}, {"cloudEvents:id": "m-1"}, {reasons.FAILED_AT: "no date"}])
def test_letter_delivered_again_is_the_same_failure(headers: dict[str, Any]) -> None:
    letter = delivery(b"x", headers=headers)
    later = NOW + timedelta(minutes=5)
    assert failure_document(letter, NOW)["_id"] == failure_document(letter, later)["_id"]


def test_letter_given_up_twice_is_the_same_failure() -> None:
    """Its consumer died after publishing it and before acknowledging it."""
    again = {**OURS, reasons.FAILED_AT: NOW.isoformat(), reasons.ERROR_TRACEBACK: "Traceback of another process"}
    assert stored(headers=OURS)["_id"] == stored(headers=again)["_id"]


@pytest.mark.parametrize("again", [{reasons.ERROR_CODE: "bug"}, {"x-attempt": 4}, {reasons.RETRIES: 1}])
def test_message_that_fails_again_is_the_same_failure(again: dict[str, Any]) -> None:
    assert stored(headers=OURS)["_id"] == stored(headers={**OURS, **again})["_id"]


@pytest.mark.parametrize(
    "other",
    [
        delivery(b"y", headers=OURS),
        delivery(b"x", headers=OURS, message_id="message-2"),
        delivery(b"x", headers={**OURS, reasons.FAILED_QUEUE: "another"}),
    ],
)
def test_other_letters_are_other_failures(other: Any) -> None:
    assert failure_document(other, NOW)["_id"] != failure_document(delivery(b"x", headers=OURS), NOW)["_id"]


header_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a machine may have other things to do
@given(st.binary(max_size=50), st.dictionaries(st.text(max_size=8), header_values, max_size=5))
def test_any_letter_can_be_stored(body: bytes, headers: dict[str, Any]) -> None:
    document = stored(body, headers)
    bson.encode(document)


def test_letter_too_large_for_the_database_is_cut() -> None:
    document = stored(b'{"a": "' + b"x" * 17_000_000 + b'"}', {**OURS, "large": "y" * 1_000_000})
    assert len(bson.encode(document)) < 16_000_000
    assert document["code"] == "not_found"


@given(st.binary(max_size=50) | st.text().map(str.encode))
def test_stored_body_is_the_very_same(body: bytes) -> None:
    assert body_of(bson.decode(bson.encode(stored(body)))["payload"]) == body


def test_secrets_are_not_kept() -> None:
    secret = {
        "authorization": "Bearer abcdef123456",
        "x-error-message": "no way to amqp://asin:hunter2@broker:5672/",
        "x-error-traceback": "httpx.ProxyError: http://me:hunter2@proxy:3128",
        "nested": {"api-key": "hunter2", "urls": ["mongodb://a:hunter2@db/"]},
    }
    document = stored(headers={**OURS, **secret})
    assert "hunter2" not in str(document)
    assert "abcdef123456" not in str(document)
    assert "broker:5672" in document["message"]


@pytest.mark.parametrize("value", [-1, True, "3", None, 2**40, 1.5])
def test_retries_header_of_strangers_counts_as_none(value: object) -> None:
    assert stored(headers={reasons.RETRIES: value})["retries"] == 0


def test_failure_of_an_item_names_the_outcome_it_is() -> None:
    assert stored(collect(3).encode(), OURS)["item"] == "a-job:1:3"
    assert stored(collect(3).encode(), {**OURS, reasons.ERROR_CODE: "impossible_item"})["item"] is None
    assert stored(b"{}", OURS)["item"] is None
