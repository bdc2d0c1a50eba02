"""The log of marketplace requests: when each arrived, at which marketplace, for what, and its answer."""

from collections import deque
from pathlib import Path
from typing import NamedTuple

import orjson


class Entry(NamedTuple):
    """One request; ``time`` is its arrival in epoch seconds, ``path`` includes the query."""

    time: float
    host: str
    path: str
    status: int


class RequestLog:
    """The last ``limit`` requests; with a file, also those of earlier runs, however they ended."""

    def __init__(self, limit: int = 1_000_000, path: Path | None = None) -> None:
        self._entries: deque[Entry] = deque(_read(path) if path else (), maxlen=limit)
        # Unbuffered: a line is out of this process before the next request is answered.
        self._file = path.open("ab", buffering=0) if path else None

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self._file:
            self._file.write(orjson.dumps(list(entry)) + b"\n")

    def clear(self) -> None:
        self._entries.clear()
        if self._file:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def entries(self) -> list[Entry]:
        """All entries in order of arrival."""
        return sorted(self._entries)

    def to_json(self) -> bytes:
        return orjson.dumps([entry._asdict() for entry in self.entries()])


def _read(path: Path) -> list[Entry]:
    return [Entry(*orjson.loads(line)) for line in path.read_bytes().splitlines()] if path.exists() else []
