"""Server-sent events as the WHATWG HTML standard reads them, section 9.2.6."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_END_OF_LINE = re.compile(r"\r\n|\n|\r(?!$)")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `id` is the last one the stream has named, "" before that."""

    name: str
    data: str
    id: str


@dataclass
class EventParser:
    """Is fed the pieces of a stream. Comments (heartbeats) and an unfinished last event are dropped."""

    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )
    _rest: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _last_id: str = ""

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that `piece` completes."""
        # Complete lines only; str.splitlines would also split at characters that may stand in JSON, as U+2028.
        *complete, self._rest = _END_OF_LINE.split(self._rest + self._decoder.decode(piece))
        for line in complete:
            if line:
                self._take(line)
                continue
            if self._data:
                yield ServerEvent(self._name or "message", "\n".join(self._data), self._last_id)
            self._name, self._data = "", []

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._last_id = value


def read_events(pieces: Iterable[bytes]) -> Iterator[ServerEvent]:
    """The events of a stream that arrives in pieces."""
    parser = EventParser()
    for piece in pieces:
        yield from parser.feed(piece)
