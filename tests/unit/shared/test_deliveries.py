"""Messages are read as the library reads them, however they are cut up on the way; what is unusual is left to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, InvalidFrameError
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands as amqp
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from shared.deliveries import LARGEST_BYTES, Arrived, Frames, receiving

TEXTS = st.text(max_size=20).filter(lambda text: len(text.encode()) < 100)
HEADERS = st.dictionaries(TEXTS, TEXTS | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.just(2**40), max_size=5)
TIMES = st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "content_type": TEXTS,
        "content_encoding": TEXTS,
        "headers": HEADERS,
        "delivery_mode": st.sampled_from([1, 2]),
        "priority": st.integers(0, 9),
        "correlation_id": TEXTS,
        "reply_to": TEXTS,
        "expiration": TEXTS,
        "message_id": TEXTS,
        "timestamp": TIMES,
        "message_type": TEXTS,
        "user_id": TEXTS,
        "app_id": TEXTS,
    },
)


def message(
    properties: dict[str, Any] | None = None,
    body: bytes = b"{}",
    *,
    tag: int = 1,
    consumer: str = "ours",
    pieces: int = 1,
    channel: int = 1,
) -> bytes:
    deliver = amqp.Basic.Deliver(consumer_tag=consumer, delivery_tag=tag, exchange="an.exchange", routing_key="a.key")
    header = ContentHeader(properties=amqp.Basic.Properties(**properties or {}), body_size=len(body))
    size = max(1, -(-len(body) // pieces))
    parts = [ContentBody(body[start : start + size]) for start in range(0, len(body), size)]
    return b"".join(marshal(frame, channel) for frame in (deliver, header, *parts))


@pytest.fixture
def received() -> Iterator[list[Arrived]]:
    """What was handed over, for the consumer `ours`."""
    taken: list[Arrived] = []
    with receiving("ours", taken.append):
        yield taken


async def read(kind: type[FrameReceiver], data: bytes, cuts: Sequence[int] = ()) -> list[Any]:
    """The frames of `data`, which arrives in pieces cut there."""
    reader = asyncio.StreamReader()
    frames = kind(reader)

    async def feed() -> None:
        edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        for start, end in pairwise(edges):
            reader.feed_data(data[start:end])
            await asyncio.sleep(0)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    found = []
    with contextlib.suppress(AMQPConnectionError, StopAsyncIteration):
        while True:
            found.append((await frames.get_frame())[2])
    await feeding
    return found


def kinds(frames: Sequence[Any]) -> list[str]:
    return [frame.name for frame in frames if not isinstance(frame, Heartbeat)]


@given(
    messages=st.lists(st.tuples(PROPERTIES, st.binary(max_size=200)), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 5000), max_size=5),
)
def test_messages_are_handed_over_as_the_library_reads_them(messages: Any, cuts: list[int]) -> None:
    data = b"".join(message(properties, body, tag=tag) for tag, (properties, body) in enumerate(messages, 1))
    taken: list[Arrived] = []
    with receiving("ours", taken.append):
        left = asyncio.run(read(Frames, data, cuts))
    assert kinds(left) == []
    library = iter(asyncio.run(read(FrameReceiver, data)))
    for arrived, (_, body) in zip(taken, messages, strict=True):
        deliver, properties = next(library), next(library).properties
        assert not body or next(library).value == body
        assert arrived == (
            deliver.delivery_tag,
            body,
            properties.message_type or "",
            deliver.exchange,
            deliver.routing_key,
            properties.message_id or "",
            properties.correlation_id or "",
            properties.headers or {},
            deliver.redelivered,
            properties.timestamp,
        )


SECONDS = 1_767_225_600
STRANGE = {
    "of somebody else": message(consumer="another"),
    "with a table among its headers": message({"headers": {"x-death": [{"count": 1}]}}),
    "with a time in milliseconds": message({"timestamp": datetime.fromtimestamp(SECONDS, UTC)}).replace(
        SECONDS.to_bytes(8, "big"), (SECONDS * 1000).to_bytes(8, "big")
    ),
    "in two pieces": message(body=b"x" * 100, pieces=2),
    "that is large": message(body=b"x" * (LARGEST_BYTES + 1)),
}


@pytest.mark.parametrize("what", STRANGE)
async def test_unusual_message_is_left_to_the_library(what: str, received: list[Arrived]) -> None:
    usual = message()
    left = await read(Frames, usual + STRANGE[what] + usual)
    assert [(each.tag, each.body) for each in received] == [(1, b"{}"), (1, b"{}")]
    assert kinds(left) == kinds(await read(FrameReceiver, STRANGE[what]))


async def test_message_whose_frames_are_mixed_with_another_channel_s_is_left_to_the_library(
    received: list[Arrived],
) -> None:
    ack = marshal(amqp.Basic.Ack(delivery_tag=1), 2)
    method = marshal(amqp.Basic.Deliver(consumer_tag="ours", delivery_tag=1, exchange="e", routing_key="k"), 1)
    left = await read(Frames, method + ack + message()[len(method) :])
    assert not received
    assert kinds(left)[:2] == ["Basic.Deliver", "Basic.Ack"]


async def test_other_frames_keep_their_place_and_messages_count_as_a_sign_of_life(
    received: list[Arrived],
) -> None:
    ack, cancel = marshal(amqp.Basic.Ack(delivery_tag=1), 1), marshal(amqp.Basic.Cancel("ours", nowait=True), 1)
    left = await read(Frames, ack + message(tag=1) + message(tag=2) + cancel)
    assert [type(frame).__name__ for frame in left] == ["Ack", "Heartbeat", "Cancel"]
    assert [each.tag for each in received] == [1, 2]


async def test_message_that_ends_elsewhere_than_it_says_breaks_the_connection(received: list[Arrived]) -> None:
    with pytest.raises(InvalidFrameError):
        await read(Frames, message()[:-1] + b"\x00")
    assert not received


async def test_consumer_that_is_gone_is_handed_nothing() -> None:
    taken: list[Arrived] = []
    with receiving("ours", taken.append):
        pass
    assert kinds(await read(Frames, message())) == ["Basic.Deliver", "ContentHeader", "ContentBody"]
    assert not taken
