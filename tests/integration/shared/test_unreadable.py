"""Messages whose properties the client library refuses to read: they cost nobody the connection."""

from __future__ import annotations

import asyncio
import struct
import time

import aiormq
import pytest
from aiormq.abc import ChannelFrame

from shared.amqpdecoding import UNREADABLE
from shared.intake import Intake
from shared.topology import COMMANDS, work_queue
from tests.integration.shared.conftest import OpenBroker
from tests.waiting import eventually

KEY = "a.key"
QUEUE = work_queue("a.queue", COMMANDS, KEY)
TYPE, HEADERS, TIMESTAMP = 1 << 5, 1 << 13, 1 << 6


def text(value: bytes) -> bytes:
    return bytes([len(value)]) + value


def table(name: bytes, value: bytes) -> bytes:
    entries = text(name) + value
    return struct.pack(">I", len(entries)) + entries


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def published(channel: int, key: bytes, flags: int, properties: bytes) -> bytes:
    """The frames of a message to the commands exchange, as no well-behaved client writes them."""
    method = struct.pack(">HHH", 60, 40, 0) + text(COMMANDS.name.encode()) + text(key) + b"\x00"
    header = struct.pack(">HHQH", 60, 0, 2, flags) + properties
    return frame(1, channel, method) + frame(2, channel, header) + frame(3, channel, b"{}")


STRANGE = {
    "a time in microseconds": (TIMESTAMP | TYPE, struct.pack(">Q", int(time.time() * 1e6)) + text(b"a.type")),
    "a time beyond all calendars": (TIMESTAMP | TYPE, struct.pack(">Q", 2**63 - 1) + text(b"a.type")),
    "a type that is no text": (TYPE, text(b"\xff\xfe")),
    "a header whose name is no text": (HEADERS, table(b"\xff\xfe", b"t\x01")),
    "a header with a time beyond all calendars": (HEADERS, table(b"when", b"T" + struct.pack(">Q", 2**63 - 1))),
}


@pytest.mark.parametrize("what", STRANGE)
async def test_message_arrives_as_far_as_it_can_be_read(what: str, open_broker: OpenBroker, amqp_url: str) -> None:
    broker = await open_broker(QUEUE)
    intake = Intake(broker, QUEUE, 10)
    flags, properties = STRANGE[what]
    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel(publisher_confirms=False)
    payload = published(channel.number, KEY.encode(), flags, properties)
    await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
    [delivery] = await asyncio.wait_for(intake.batch(1, 0), 10.0)
    assert delivery.body == b"{}"
    assert not delivery.redelivered
    assert delivery.published_at is None
    assert delivery.type == ("a.type" if flags & TIMESTAMP else "\ufffd\ufffd" if flags & TYPE else "")
    assert (UNREADABLE in delivery.headers) == bool(flags & HEADERS)
    assert broker.connected
    delivery.done()
    assert await eventually(lambda: intake.unfinished == 0)
    await connection.close()
