"""Server-sent events as the WHATWG HTML standard reads them, section 9.2.6."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_END_OF_LINE = re.compile(r"\r\n|\n|\r(?!$)")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `id` is the last one the stream has named, "" before that."""

    name: str
    data: str
    id: str


def read_events(chunks: Iterable[bytes]) -> Iterator[ServerEvent]:
    """The events of a stream that arrives in pieces. Comments (heartbeats) and an unfinished last event are dropped."""
    name, data, last_id = "", list[str](), ""
    for line in _lines(chunks):
        if not line:
            if data:
                yield ServerEvent(name or "message", "\n".join(data), last_id)
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            last_id = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Complete lines only; str.splitlines would also split at characters that may stand in JSON, as U+2028."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest = ""
    for chunk in chunks:
        *complete, rest = _END_OF_LINE.split(rest + decoder.decode(chunk))
        yield from complete
