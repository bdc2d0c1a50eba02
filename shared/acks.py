"""Which delivery tags may be acknowledged together: pure.

A multiple acknowledgement covers every tag up to its own, so it may only name a tag below which nothing is unfinished.
A tag that takes long must not hold back those behind it for ever: past a limit they are acknowledged one by one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ack:
    tag: int
    multiple: bool


class AckTracker:
    """Tags of one channel with one consumer: consecutive from 1, finished in any order."""

    def __init__(self, hold_limit: int) -> None:
        """`hold_limit`: so many finished tags may wait behind an unfinished one."""
        self._hold_limit = hold_limit
        self._delivered = 0
        self._watermark = 0  # every tag up to here is finished
        self._confirmed = 0  # every tag up to here is acknowledged
        self._finished: set[int] = set()  # finished above the watermark
        self._single: set[int] = set()  # acknowledged one by one

    @property
    def unfinished(self) -> int:
        return self._delivered - self._watermark - len(self._finished)

    def delivered(self, tag: int) -> None:
        self._delivered = max(self._delivered, tag)

    def finished(self, tag: int) -> None:
        """Mark `tag` finished; a second time changes nothing."""
        if tag <= self._watermark:
            return
        self._finished.add(tag)
        while self._watermark + 1 in self._finished:
            self._watermark += 1
            self._finished.remove(self._watermark)

    def take(self) -> list[Ack]:
        """The acknowledgements now due, each tag covered exactly once."""
        acks = self._up_to_watermark()
        held = self._finished - self._single
        if len(held) > self._hold_limit:
            acks.extend(Ack(tag, multiple=False) for tag in sorted(held))
            self._single |= held
        return acks

    def _up_to_watermark(self) -> list[Ack]:
        # The named tag itself must still be outstanding: RabbitMQ refuses one that it does not know.
        top = next((tag for tag in range(self._watermark, self._confirmed, -1) if tag not in self._single), None)
        self._confirmed = self._watermark
        self._single = {tag for tag in self._single if tag > self._watermark}
        return [] if top is None else [Ack(top, multiple=True)]
