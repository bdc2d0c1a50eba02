"""Messages that go out together are, each by itself, what the library would have made of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from pamqp.frame import unmarshal

from shared import tracing
from shared.outgoing import Outgoing, command, parcels
from shared.topology import COMMANDS, EVENTS, USERS
from tests.builders import collect

CHANNEL = cast("Any", SimpleNamespace(number=3, max_content_size=50))
ID, OTHER = "0192f1c0a0b07000", "0192f1c0a0b07001"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def outgoing(**changes: Any) -> Outgoing:
    usual: dict[str, Any] = {
        "exchange": EVENTS,
        "key": "a.key",
        "body": b"{}",
        "type": "a.type",
        "correlation_id": "a-job",
        "message_id": ID,
    }
    return Outgoing(**{**usual, **changes})


MESSAGES = (
    outgoing(),
    outgoing(body=b"", message_id=OTHER),
    outgoing(body=b"x" * 120),  # in three frames
    outgoing(message_id=ID + "0"),
    outgoing(message_id="a"),
    outgoing(message_id="a.type"),  # like another property
    outgoing(message_id=""),
    outgoing(message_id="an id of somebody else's, with an é"),
    outgoing(headers={"x-attempt": 1}),
    outgoing(headers={"x-attempt": True}),
    outgoing(headers={"x-attempt": ID}),
    outgoing(correlation_id=ID, type="b.type"),
    outgoing(exchange=USERS, key="b.key", mandatory=False),
    command(collect(seq=1), key="a.key", message_id="a-job:1:1"),
    command(collect(seq=12), key="a.key", message_id="a-job:1:12"),
    outgoing(exchange=COMMANDS),
)


def frames(data: bytes) -> list[Any]:
    found = []
    while data:
        size, channel, frame = unmarshal(data)
        assert channel == CHANNEL.number
        found.append(frame)
        data = data[size:]
    return found


def test_each_message_is_what_the_library_makes_of_it() -> None:
    with tracing.continuing(TRACE):
        made = parcels(MESSAGES, "a-source", CHANNEL)
        for message, parcel in zip(MESSAGES, made, strict=True):
            publish, header, *bodies = frames(parcel.frames)
            assert (publish.exchange, publish.routing_key) == (message.exchange.name, message.key)
            assert publish.mandatory == message.mandatory
            assert header.body_size == len(message.body)
            assert b"".join(body.value for body in bodies) == message.body
            assert parcel.message_id == message.message_id
            assert _without_times(header.properties) == _without_times(message.properties("a-source"))


def _without_times(properties: Any) -> dict[str, Any]:
    values = dict(properties)
    at = values.pop("timestamp")
    headers = dict(values.pop("headers"))
    assert headers.pop("cloudEvents:time").startswith(f"{at:%Y-%m-%dT%H:}")
    values["message_id"] = values["message_id"] or ""
    return {**values, "headers": {name: (type(value), value) for name, value in headers.items()}}
