"""The log of marketplace requests: when each arrived, at which marketplace, for what, and its answer."""

from collections import deque
from typing import NamedTuple

import orjson


class Entry(NamedTuple):
    """One request; ``time`` is its arrival in epoch seconds, ``path`` includes the query."""

    time: float
    host: str
    path: str
    status: int


class RequestLog:
    """The last ``limit`` requests."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()

    def entries(self) -> list[Entry]:
        """All entries in order of arrival."""
        return sorted(self._entries)

    def to_json(self) -> bytes:
        return orjson.dumps([entry._asdict() for entry in self.entries()])
