"""What cannot be read is refused with a reason, before any handler sees it."""

from __future__ import annotations

import pytest

from shared.errors import DecodeError
from shared.messages import CollectItem, JobExpanded, JobSubmitted, Message
from shared.worker import MAX_MESSAGE_BYTES, decode
from tests.builders import collect, delivery

MODELS: list[type[Message]] = [JobSubmitted, CollectItem]


def refused(body: bytes, message_type: str = CollectItem.TYPE) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(delivery(body, message_type), MODELS)
    return caught.value


def test_message_is_read_by_its_type() -> None:
    assert decode(delivery(collect(3).encode(), CollectItem.TYPE), MODELS) == collect(3)
    assert decode(delivery(b'{"job_id":"j"}', JobSubmitted.TYPE), MODELS) == JobSubmitted(job_id="j")


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff\xfe", b"null", b"[]", b"{", b'"text"', b'{"job_id": "\xff"}', b'{"job_id": "\\ud800"}', b"1" * 50],
)
def test_body_that_is_no_object_is_malformed(body: bytes) -> None:
    assert refused(body).code == "malformed_message"


def test_reason_names_the_wrong_field() -> None:
    error = refused(collect(1).encode().replace(b'"seq":1', b'"seq":"one"'))
    assert (error.code, "item.collect.v1: seq:" in error.message) == ("malformed_message", True)


@pytest.mark.parametrize("message_type", ["", "item.collect.v2", JobExpanded.TYPE])
def test_type_not_asked_for_is_unknown(message_type: str) -> None:
    error = refused(collect(1).encode(), message_type)
    assert error.code == "unknown_message_type"
    assert repr(message_type) in error.message


def test_oversized_body_is_not_even_parsed() -> None:
    body = collect(1).encode()
    padded = body + b" " * (MAX_MESSAGE_BYTES + 1 - len(body))
    assert refused(padded).code == "oversized_message"
    assert decode(delivery(padded[:-1], CollectItem.TYPE), MODELS) == collect(1)


@pytest.mark.parametrize(
    ("value", "attempt"), [(2, 2), (1, 1), (0, 1), (-4, 1), ("7", 1), (None, 1), (2.5, 1), ([3], 1)]
)
def test_attempt_header_of_strangers_counts_as_the_first(value: object, attempt: int) -> None:
    assert delivery(headers={"x-attempt": value}).attempt == attempt


def test_delivery_without_attempt_header_is_the_first() -> None:
    assert delivery().attempt == 1
