"""One running job as the feeder sees it: how far it has been handed out, per marketplace. Pure.

A job of one marketplace needs its `fed` alone. Where a list names products of several, each has a cursor of its own
over the same places, so that one that is blocked holds up none of the others; `fed` is then the furthest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.expander.windows import Lane
from shared.mongo import Document
from shared.runs import cursors_of, run_progress, run_total


@dataclass
class RunningJob:
    """`outstanding` are the items handed out and without an outcome, by seq; kept for jobs of several marketplaces.

    `stuck` are the marketplaces at which what it has in flight is not waited for any more, until something of it comes.
    """

    document: Document
    marketplaces: Sequence[str]
    outstanding: dict[int, str] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    # By marketplace: the items that were finished when that last changed, and when that was.
    _stands: dict[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def mixed(self) -> bool:
        return len(self.marketplaces) > 1

    @property
    def total(self) -> int:
        return run_total(self.document) or 0

    def cursor(self, marketplace: str) -> tuple[int, int]:
        """The first place that may not have been handed out, and how many items have been."""
        fed = int(self.document["fed"])
        if not self.mixed:
            return fed, fed
        return cursors_of(self.document).get(marketplace, (fed, fed))

    def lane(self, marketplace: str) -> Lane:
        place, handed = self.cursor(marketplace)
        return Lane(self.document["_id"], self.document["priority"], max(0, self.total - place), handed)

    def in_flight(self, marketplace: str) -> int:
        """Items handed out and without an outcome; negative after a crash before the cursor was moved."""
        if self.mixed:
            return sum(name == marketplace for name in self.outstanding.values())
        return int(self.document["fed"]) - run_progress(self.document)

    def note(self, now: float) -> None:
        """Keep since when nothing of what it has in flight was finished, by marketplace."""
        for name in self.marketplaces:
            if self.in_flight(name) <= 0 or self._stands.get(name, (-1, now))[0] != self._finished(name):
                self.moves(name, now)

    def moves(self, marketplace: str, now: float) -> None:
        """Whatever stands still there does so from now on."""
        self._stands[marketplace] = (self._finished(marketplace), now)
        self.stuck.discard(marketplace)

    def still_for(self, marketplace: str, now: float) -> float:
        """Seconds for which nothing was finished of what it has in flight."""
        return now - self._stands[marketplace][1]

    def _finished(self, marketplace: str) -> int:
        return self.cursor(marketplace)[1] - self.in_flight(marketplace)

    def moved(self, marketplace: str, place: int, handed: int) -> Document:
        """What changes in the job's document when everything before `place` has been handed out."""
        if not self.mixed:
            return {"fed": place}
        cursors = {name: self.cursor(name) for name in self.marketplaces}
        cursors[marketplace] = (place, handed)
        stored = [[name, *cursor] for name, cursor in cursors.items()]
        return {
            "fed": max(place for place, _ in cursors.values()),
            "lanes": {"run": self.document["run"], "cursors": stored},
        }
