"""Messages on their way out: what they say of themselves, and their frames.

Many messages go out together that differ in their ids and bodies alone. Their properties, a table of headers among
them, are marshalled once; into what that gives each message's own id is put.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

import aiormq
from pamqp import commands as amqp
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from shared import tracing
from shared.confirms import Parcel
from shared.ids import new_id
from shared.messages import Message
from shared.topology import COMMANDS, EVENTS, Exchange

PERSISTENT = 2
# Where a content header's frame has the size of the body: behind its own head, the class and the weight.
_SIZE = slice(11, 19)
# Stands in a mould for the ids of messages, as long as they are; nothing else there looks like it.
_STAND_IN, _SHORTEST = secrets.token_urlsafe(255), 16

Header = str | int | float | bool


@dataclass(frozen=True)
class Outgoing:
    """One message on its way out; `message_id` is kept when it is sent again."""

    exchange: Exchange
    key: str
    body: bytes
    type: str
    correlation_id: str
    message_id: str = field(default_factory=new_id)
    headers: dict[str, Header] = field(default_factory=dict)
    mandatory: bool = True

    def properties(self, source: str) -> amqp.Basic.Properties:
        """As it goes out now, from the process called `source`, with the trace that goes on here."""
        now = datetime.now(UTC)
        cloud_event = {
            "cloudEvents:specversion": "1.0",
            "cloudEvents:type": self.type,
            "cloudEvents:source": f"/asinflow/{source}",
            "cloudEvents:id": self.message_id,
            "cloudEvents:time": now.isoformat(),
        }
        return amqp.Basic.Properties(
            content_type="application/json",
            delivery_mode=PERSISTENT,
            message_type=self.type,
            message_id=self.message_id,
            correlation_id=self.correlation_id,
            timestamp=now,
            headers={**cloud_event, **_trace(), **self.headers},
        )


def _trace() -> dict[str, Header]:
    traceparent = tracing.current()
    return {} if traceparent is None else {tracing.TRACEPARENT: traceparent}


def command(
    message: Message,
    *,
    key: str | None = None,
    message_id: str | None = None,
    headers: dict[str, Header] | None = None,
) -> Outgoing:
    """Work for exactly one consumer; it must be routable."""
    return Outgoing(
        COMMANDS,
        key or message.TYPE,
        message.encode(),
        message.TYPE,
        message.job_id,
        message_id or new_id(),
        headers or {},
    )


def event(
    message: Message,
    *,
    message_id: str | None = None,
    headers: dict[str, Header] | None = None,
    mandatory: bool = False,
) -> Outgoing:
    """A fact for whoever listens; `mandatory` when one listener must exist."""
    return Outgoing(
        EVENTS,
        message.TYPE,
        message.encode(),
        message.TYPE,
        message.job_id,
        message_id or new_id(),
        headers or {},
        mandatory=mandatory,
    )


class Mould:
    """The frames before the body of messages that are alike but for their bodies and their ids of one length."""

    def __init__(self, message: Outgoing, source: str, channel: int) -> None:
        self._stand_in = _stand_in(message.message_id)
        properties = replace(message, message_id=self._stand_in).properties(source)
        self._method = _method(channel, message.exchange.name, message.key, message.mandatory)
        header = marshal(ContentHeader(properties=properties), channel)
        self._start, self._rest = header[: _SIZE.start], header[_SIZE.stop :]

    def head(self, message: Outgoing) -> bytes:
        """The frames of `message` that come before its body."""
        size = len(message.body).to_bytes(_SIZE.stop - _SIZE.start, "big")
        own = self._rest.replace(self._stand_in.encode(), message.message_id.encode())
        return b"".join((self._method, self._start, size, own))


def _stand_in(message_id: str) -> str:
    """As long as the id, and like nothing else in a message; an id that is short or not plain stands for itself."""
    plain = len(message_id) >= _SHORTEST and message_id.isascii()
    return _STAND_IN[: len(message_id)] if plain else message_id


def parcels(messages: Sequence[Outgoing], source: str, channel: aiormq.Channel) -> list[Parcel]:
    """The messages as they go out together through `channel`, from the process called `source`."""
    moulds: dict[object, Mould] = {}
    made = []
    for message in messages:
        alike = _alike(message)
        if (mould := moulds.get(alike)) is None:
            mould = moulds[alike] = Mould(message, source, channel.number)
        made.append(Parcel(message.message_id, mould.head(message) + _bodies(message.body, channel)))
    return made


def _alike(message: Outgoing) -> object:
    """What two messages must have in common to be made in one mould."""
    headers = repr(message.headers) if message.headers else None  # in which 1 and True differ
    stand_in = _stand_in(message.message_id)
    return (
        message.exchange.name,
        message.key,
        message.mandatory,
        message.type,
        message.correlation_id,
        headers,
        stand_in,
    )


def _bodies(body: bytes, channel: aiormq.Channel) -> bytes:
    most = channel.max_content_size
    pieces = (body[start : start + most] for start in range(0, len(body), most))
    return b"".join(marshal(ContentBody(piece), channel.number) for piece in pieces)


@lru_cache(maxsize=256)
def _method(channel: int, exchange: str, key: str, mandatory: bool) -> bytes:
    return marshal(amqp.Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory), channel)
