"""Handing many messages to RabbitMQ in one piece, and hearing what it says of each.

aiormq publishes one message at a time: a task, a timer, a lock and a write to the socket for each cost several times
what the message itself does. Here the frames of many go out in one write. Delivery tags and expected confirms
are entered where aiormq's channel looks for them, under its lock, just as its own `basic_publish` does (ADR 52).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import aiormq
from aiormq.abc import ChannelFrame


class Parcel(NamedTuple):
    """One message as it goes out: its id and all its frames."""

    message_id: str
    frames: bytes


class Confirms:
    """What the broker says of messages that were sent together."""

    def __init__(self, channel: aiormq.Channel, parcels: Sequence[Parcel]) -> None:
        self._channel = channel
        # Ends once every message is confirmed or refused; with an error or cancelled when the channel ends before.
        self.told: asyncio.Future[None] = channel.create_future()
        # By place of the message: PublishError for one that fits no queue, DeliveryError for one that was refused.
        self.errors: dict[int, BaseException] = {}
        self._message_ids = [parcel.message_id for parcel in parcels]
        self._left = len(parcels)
        self._first_tag = 0

    def result(self) -> Mapping[int, BaseException]:
        """The errors, once all is told; raises what ended the channel before."""
        if self.told.cancelled():
            raise ConnectionError("the connection was closed")
        self.told.result()
        return self.errors

    def expect(self) -> None:
        """Take the channel's next delivery tags; call under its lock, directly before sending."""
        self._first_tag = self._channel.delivery_tag + 1
        self._channel.delivery_tag += len(self._message_ids)
        for place, message_id in enumerate(self._message_ids):
            tag = self._first_tag + place
            self._channel.confirmations[tag] = cast("asyncio.Future[Any]", _Expected(self, place))
            self._channel.message_id_delivery_tag[message_id] = tag

    def unsent(self) -> None:
        """Give the tags back: the broker has not seen the messages. Call under the same lock as `expect`."""
        self._channel.delivery_tag -= len(self._message_ids)
        for place in range(len(self._message_ids)):
            self._channel.confirmations.pop(self._first_tag + place, None)
        self.forget()

    def forget(self) -> None:
        """What is still told of these messages concerns nobody any more."""
        for place, message_id in enumerate(self._message_ids):
            if self._channel.message_id_delivery_tag.get(message_id) == self._first_tag + place:
                del self._channel.message_id_delivery_tag[message_id]
        self.told.cancel()

    def tell(self, place: int, error: BaseException | None) -> None:
        if error is not None:
            self.errors[place] = error
        self._left -= 1
        if not self._left and not self.told.done():
            self.told.set_result(None)


class _Expected:
    """Stands for one message among the channel's futures, with as much of a future as the channel uses."""

    __slots__ = ("_confirms", "_done", "_place")

    def __init__(self, confirms: Confirms, place: int) -> None:
        self._confirms = confirms
        self._place = place
        self._done = False

    def done(self) -> bool:
        return self._done

    def cancelled(self) -> bool:
        return False

    def set_result(self, _frame: object) -> None:
        self._tell(None)

    def set_exception(self, error: BaseException) -> None:
        self._tell(error)

    def _tell(self, error: BaseException | None) -> None:
        self._done = True
        self._confirms.tell(self._place, error)


async def send(channel: aiormq.Channel, parcels: Sequence[Parcel]) -> Confirms:
    """Hand all of `parcels`, one at least, to the connection; whoever has heard enough of them calls `forget`."""
    confirms = Confirms(channel, parcels)
    payload = b"".join(parcel.frames for parcel in parcels)
    try:
        async with channel.lock:
            confirms.expect()
            try:
                await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
            except BaseException:
                confirms.unsent()
                raise
    except BaseException:
        confirms.told.cancel()
        raise
    return confirms
