"""Paces in simulated time, for whatever takes its turns of several of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from shared.pace import Pace
from shared.pacesteps import Limits
from tests.fakes import FakeClock
from tests.unit.shared.fake_database import FakeCollection, FakeDatabase

LIMITS = Limits(interval=1.0, pause=60.0, pause_max=600.0)


class TickingClock(FakeClock):
    """Asking for no sleep at all takes a moment, too."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(max(seconds, 0.00005))


class Found:
    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self._documents = documents

    async def to_list(self, length: int | None) -> list[dict[str, Any]]:
        return self._documents[:length]


class ReadableCollection(FakeCollection):
    looks = 0

    def find(self, query: Mapping[str, Any], projection: Mapping[str, Any]) -> Found:
        self.looks += 1
        ids = query["_id"]["$in"]
        return Found([dict(document) for name, document in self.documents.items() if name in ids])


class ReadableDatabase(FakeDatabase):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._own_clock = clock

    def __missing__(self, name: str) -> FakeCollection:
        self[name] = ReadableCollection(self._own_clock, lambda: (0.0, 0.0))
        return self[name]


class Simulation:
    """One database, one clock, and as many processes as wanted."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.clock = TickingClock()
        self.database = ReadableDatabase(self.clock)
        self.limits = limits

    def pace(self) -> Pace:
        """The pace as one process sees it."""
        return Pace(cast(Any, self.database), self.limits, self.clock)

    @property
    def looks(self) -> int:
        """How often the next free slots of several lines were looked up."""
        return cast(ReadableCollection, self.database["pace"]).looks
