"""Reading what RabbitMQ delivers: all messages that came together, in one go.

aiormq takes every message apart as three frames, each with several waits, two queues and decoders that copy what is
left of it with every field, and starts a task for it. Here the messages for consumers known by `receiving` are read
where they lie in what the socket gave, and handed over at once. All other frames, and messages that are large or in any
way unusual, go the library's own way (ADR 60).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from struct import Struct, error
from typing import Any, NamedTuple

from aiormq import connection
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, InvalidFrameError
from pamqp import frame as pamqp_frame
from pamqp.exceptions import PAMQPException
from pamqp.heartbeat import Heartbeat

READ_BYTES = 1 << 16
# Larger messages are left to the library, lest waiting for the rest of one cost more than reading it.
LARGEST_BYTES = 1 << 15

# Of a frame: kind, channel, size of the payload, which one byte follows.
_FRAME = Struct(">BHI")
_PREFIX, _OVERHEAD, _END = 7, 8, 0xCE
_METHOD, _HEADER, _BODY = 1, 2, 3
_DELIVER = b"\x00\x3c\x00\x3c"
# Of a content header: class, weight, size of the body, which properties there are.
_CONTENT = Struct(">HHQH")
_TAG, _LONG, _SIZE = Struct(">Q?"), Struct(">Q"), Struct(">I")
# The kinds of headers that our own messages have: texts, numbers and truths.
_STRING = ord("S")
_NUMBERS = {
    ord(kind): Struct(f">{form}") for kind, form in zip("tbBsuIilL", "?bBhHiIqq", strict=True)
}  # as pamqp takes them
_LATEST = 0xFFFFFFFF  # the library takes later seconds for milliseconds

# What became of a message instead of its end: it is left to the library, or not all of it was read yet.
_LEFT, _UNDER_WAY = 0, -1

Frame = tuple[int, int, Any]


class Arrived(NamedTuple):
    """One message as it was delivered, with as much of its properties as is asked for."""

    tag: int
    body: bytes
    type: str
    exchange: str
    key: str
    message_id: str
    correlation_id: str
    headers: Mapping[str, Any]
    redelivered: bool
    published_at: datetime | None


Receive = Callable[[Arrived], None]
_receivers: dict[str, Receive] = {}


@contextlib.contextmanager
def receiving(consumer_tag: str, receive: Receive) -> Iterator[None]:
    """While the block runs, messages of this consumer are handed to `receive`, which must not fail.

    Messages that are left to the library come to the consumer's own callback. No other consumer of this process has
    this `consumer_tag`.
    """
    _receivers[consumer_tag] = receive
    try:
        yield
    finally:
        del _receivers[consumer_tag]


def install() -> None:
    """Let connections that are made from now on, in this process, read in this way."""
    setattr(connection, "FrameReceiver", Frames)  # noqa: B010  its type is that of another class


class Frames(FrameReceiver):
    """The library's source of frames, to which messages that were handed over look like a heartbeat."""

    _data = b""
    _at = 0

    async def get_frame(self) -> Frame:
        """The next frame; raises what the library's own raises when the connection ends."""
        while (frame := self._take()) is None:
            await self._read()
        return frame

    async def _read(self) -> None:
        if self.reader.at_eof() and self._at == len(self._data):
            raise StopAsyncIteration
        try:
            more = await self.reader.read(READ_BYTES)
        except OSError as lost:
            raise AMQPConnectionError(f"Server connection failed: {lost!r}") from lost
        if not more:
            raise AMQPConnectionError("Server connection unexpectedly closed")
        self._data = self._data[self._at :] + more
        self._at = 0

    def _take(self) -> Frame | None:
        """The next frame of what was read, or None when there is none that is whole."""
        handed = False
        while (stop := self._stop(self._at)) is not None:
            end = self._hand_over(self._at, stop)
            if end == _LEFT and not handed:
                whole, self._at = self._data[self._at : stop], stop
                return self._unmarshal(whole)
            if end <= _LEFT:
                break
            self._at = end
            handed = True
        # Something was heard: without it the connection would count as stuck.
        return (_OVERHEAD, 0, Heartbeat()) if handed else None

    def _stop(self, at: int) -> int | None:
        """Where the frame that begins at `at` ends, if that much was read."""
        if len(self._data) < at + _OVERHEAD:
            return None
        if self._data.startswith(b"AMQP", at):  # a server that speaks another version, or none at all
            return at + _OVERHEAD
        stop = at + _OVERHEAD + int(_FRAME.unpack_from(self._data, at)[2])
        return stop if stop <= len(self._data) else None

    def _hand_over(self, at: int, stop: int) -> int:
        """Hand over the message whose first frame lies from `at` to `stop`, and say where the last one ends.

        `_LEFT` when it is the library's, `_UNDER_WAY` when some of it was not read yet.
        """
        data = self._data
        if data[at] != _METHOD or not data.startswith(_DELIVER, at + _PREFIX):
            return _LEFT
        try:
            consumer, place = _text(data, at + _PREFIX + len(_DELIVER))
            if (receive := _receivers.get(consumer)) is None:
                return _LEFT
            after, end = self._content(at, stop)
            if end <= _LEFT:
                return end
            arrived = _arrived(data, place, stop, after, end)
        except (ValueError, IndexError, error):
            return _LEFT
        receive(arrived)
        return end

    def _content(self, at: int, stop: int) -> tuple[int, int]:
        """Where the header and the only body end of a message whose first frame lies from `at` to `stop`."""
        data = self._data
        if (after := self._stop(stop)) is None:
            return 0, _UNDER_WAY
        size = _CONTENT.unpack_from(data, stop + _PREFIX)[2]
        channel = data[at + 1 : at + 3]
        if data[stop] != _HEADER or data[stop + 1 : stop + 3] != channel or size > LARGEST_BYTES:
            return 0, _LEFT
        end = self._stop(after) if size else after
        if end is None:
            return 0, _UNDER_WAY
        whole = not size or (
            data[after] == _BODY and data[after + 1 : after + 3] == channel and end - after == size + _OVERHEAD
        )
        ends = data[stop - 1] == data[after - 1] == data[end - 1] == _END
        return (after, end) if whole and ends else (0, _LEFT)

    @staticmethod
    def _unmarshal(whole: bytes) -> Frame:
        try:
            return pamqp_frame.unmarshal(whole)
        except PAMQPException as refused:
            raise InvalidFrameError(str(refused)) from refused


def _arrived(data: bytes, place: int, header: int, body: int, end: int) -> Arrived:
    """The message whose delivery tag lies at `place`, its content header from `header` to `body`, its body up to `end`.

    Raises ValueError, IndexError or struct.error for what is not as usual.
    """
    tag, redelivered = _TAG.unpack_from(data, place)
    exchange, place = _text(data, place + _TAG.size)
    key, place = _text(data, place)
    flags = _CONTENT.unpack_from(data, header + _PREFIX)[3]
    at = header + _PREFIX + _CONTENT.size
    for skipped in (1 << 15, 1 << 14):  # content type and encoding
        at += 1 + data[at] if flags & skipped else 0
    headers, at = _table(data, at) if flags & 1 << 13 else ({}, at)
    at += (flags >> 12 & 1) + (flags >> 11 & 1)  # delivery mode and priority
    correlation_id, at = _text(data, at) if flags & 1 << 10 else ("", at)
    for skipped in (1 << 9, 1 << 8):  # whom to reply to, expiration
        at += 1 + data[at] if flags & skipped else 0
    message_id, at = _text(data, at) if flags & 1 << 7 else ("", at)
    published_at, at = _time(data, at) if flags & 1 << 6 else (None, at)
    type_, at = _text(data, at) if flags & 1 << 5 else ("", at)
    if flags & 1 or place != header - 1 or at >= body:
        raise ValueError("more properties than there are, or less room than they need")
    content = data[body + _PREFIX : end - 1]
    return Arrived(tag, content, type_, exchange, key, message_id, correlation_id, headers, redelivered, published_at)


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + data[at]
    return data[at + 1 : end].decode(), end


def _time(data: bytes, at: int) -> tuple[datetime, int]:
    (seconds,) = _LONG.unpack_from(data, at)
    if seconds > _LATEST:
        raise ValueError("not a time in seconds")
    return datetime.fromtimestamp(seconds, UTC), at + _LONG.size


def _table(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    end = at + _SIZE.size + _SIZE.unpack_from(data, at)[0]
    at += _SIZE.size
    while at < end:
        name, at = _text(data, at)
        kind, at = data[at], at + 1
        if kind == _STRING:
            stop = at + _SIZE.size + _SIZE.unpack_from(data, at)[0]
            values[name], at = data[at + _SIZE.size : stop].decode(), stop
        else:
            form = _NUMBERS.get(kind)
            if form is None:
                raise ValueError("a header of another kind")
            (values[name],), at = form.unpack_from(data, at), at + form.size
    if at != end:
        raise ValueError("the headers end elsewhere than they say")
    return values, end
