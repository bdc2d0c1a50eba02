"""Lists of products as people upload them, read as they arrive: plain lines, CSV, or a JSON value a line. Pure."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import orjson

from services.api.quoting import StrayQuoteError, is_open_after

MAX_LINE = 65_536
# A record of CSV whose quotes span lines ends within so many of them, and characters.
MAX_RECORD_LINES, MAX_RECORD = 30, 16_384
_BETWEEN = re.compile(r"[\s,;]+")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",;\t"
# The columns that may name a product, best first.
_NAMES = ("asin", "url", "product_url", "isbn")


class Unreadable(NamedTuple):
    """What stands where a product should be named, and why it cannot be read. `line` counts from 1."""

    input: str
    code: str
    message: str
    line: int = 0


class Named(NamedTuple):
    """What names a product, as it was sent, and the marketplace that stands beside it."""

    text: str
    marketplace: str
    line: int


Entry = Named | Unreadable


class LineReader(Protocol):
    """Turns lines into what they name; state that spans lines is its own."""

    def read(self, line: str, number: int) -> Iterable[Entry]: ...

    def finish(self) -> Iterable[Entry]:
        """What an unfinished last record holds."""


class Splitter:
    """Cuts bytes into lines, of UTF-8 or, marked as such, of UTF-16; they end with LF, CR LF or CR.

    A line beyond the limit is cut off and told.
    """

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._start = b""
        self._rest = ""
        self._skipping = False

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[str | Unreadable]:
        """The lines that `data` completes; Unreadable for one that is too long."""
        text = self._rest + self._decode(data, last=last)
        # What follows tells whether this is the end of a line, or half of one.
        half = "\r" if text.endswith("\r") and not last else ""
        *complete, rest = text.removesuffix(half).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if last:
            complete.append(rest)
            rest = ""
        for line in complete:
            if not self._skipping:
                yield _too_long(line) if len(line) > MAX_LINE else line
            self._skipping = False
        if len(rest) > MAX_LINE:
            if not self._skipping:
                yield _too_long(rest)
            self._skipping, rest = True, ""
        self._rest = rest + half

    def _decode(self, data: bytes, *, last: bool) -> str:
        if self._decoder is None:
            self._start += data
            if len(self._start) < 2 and not last:
                return ""
            encoding = "utf-16" if self._start.startswith(_UTF16) else "utf-8-sig"
            self._decoder, data = codecs.getincrementaldecoder(encoding)("replace"), self._start
        return self._decoder.decode(data, last)


def _too_long(line: str) -> Unreadable:
    return Unreadable(line[:200], "line_too_long", f"A line has more than {MAX_LINE} characters.")


class PlainLines:
    """Names separated by line ends, white space, commas or semicolons; `#` begins a comment outside of an address."""

    def read(self, line: str, number: int) -> Iterable[Entry]:
        if "/" in line:
            words = line.split()
        else:
            words = [word for word in _BETWEEN.split(line.partition("#")[0]) if word and word.lower() != "asin"]
        return [Named(word, "", number) for word in words]

    def finish(self) -> Iterable[Entry]:
        return ()


class JsonLines:
    """A text, or an object with `asin` or `url` and perhaps `marketplace`, per line."""

    def read(self, line: str, number: int) -> Iterable[Entry]:
        if not line.strip():
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            yield Unreadable(line[:200], "json_invalid", "The line is not JSON.", number)
            return
        named = _first_named(value) if _is_object(value) else value
        if isinstance(named, str):
            market = value.get("marketplace") if _is_object(value) else None
            yield Named(named, market if isinstance(market, str) else "", number)
        else:
            message = "The line is neither a text nor an object with `asin` or `url`."
            yield Unreadable(line[:200], "no_asin", message, number)

    def finish(self) -> Iterable[Entry]:
        return ()


def _first_named(value: dict[str, Any]) -> str | None:
    """The best text that is there; an empty one only where no other is."""
    texts = [value[name] for name in _NAMES if isinstance(value.get(name), str)]
    return next((text for text in texts if text.strip()), texts[0] if texts else None)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


class CsvLines:
    """The column `asin` (or `url` where it is empty or missing, or else the first), and `marketplace` if there is one;
    RFC 4180 with , ; or tab.

    A quote that is closed nowhere near takes no other line with it: its own line is told, those behind it are read.
    """

    def __init__(self) -> None:
        self._open: list[str] = []
        self._opened_at = 0
        self._delimiter = ""
        self._places = [0]
        self._market: int | None = None
        self._is_first = True

    def read(self, line: str, number: int) -> Iterable[Entry]:
        if not self._open:
            if not line.strip():
                return ()
            self._opened_at = number
        self._delimiter = self._delimiter or max(_DELIMITERS, key=line.count)
        try:
            is_open = is_open_after(line, self._delimiter, inside=bool(self._open))
        except StrayQuoteError:
            return self._one_by_one(line)
        record = [*self._open, line]
        if is_open:
            self._open = record
            return self._one_by_one() if _is_beyond(record) else ()
        cells = self._cells(record)
        if self._open and "\n" in self._named(cells)[0]:
            return self._one_by_one(line)
        self._open = []
        return self._entries(cells, self._opened_at)

    def finish(self) -> Iterable[Entry]:
        entries: list[Entry] = []
        while self._open:
            entries += self._one_by_one()
        return entries

    def _one_by_one(self, *more: str) -> list[Entry]:
        """The line that opened the quote is told, and the ones behind it are read for themselves."""
        (stray, *lines), self._open = self._open, []
        self._is_first = False
        number = self._opened_at
        entries: list[Entry] = [Unreadable(stray[:200], "quote_unclosed", "A quote is opened and not closed.", number)]
        for place, line in enumerate((*lines, *more), number + 1):
            entries += self.read(line, place)
        return entries

    def _cells(self, record: list[str]) -> list[str]:
        rows = csv.reader([f"{line}\n" for line in record], delimiter=self._delimiter)
        return [cell.strip() for row in rows for cell in row]

    def _entries(self, cells: list[str], number: int) -> Iterable[Entry]:
        if self._is_first:
            self._is_first = False
            if self._is_heading(cells):
                return ()
        if not any(cells):
            return ()
        return (Named(*self._named(cells), number),)

    def _is_heading(self, cells: list[str]) -> bool:
        names = [cell.lower() for cell in cells]
        known = [name for name in _NAMES if name in names]
        if known:
            self._places = [names.index(name) for name in known]
        if "marketplace" in names:
            self._market = names.index("marketplace")
        # A heading has no digits, and every ASIN has.
        return bool(known) or not any(char.isdigit() for char in cells[0])

    def _named(self, cells: list[str]) -> tuple[str, str]:
        """What names the product, and the marketplace beside it."""
        text = next((cells[place] for place in self._places if place < len(cells) and cells[place]), "")
        return text, cells[self._market] if self._market is not None and self._market < len(cells) else ""


def _is_beyond(record: list[str]) -> bool:
    return len(record) >= MAX_RECORD_LINES or sum(map(len, record)) > MAX_RECORD


READERS: dict[str, Callable[[], LineReader]] = {
    "text/plain": PlainLines,
    "text/csv": CsvLines,
    "text/tab-separated-values": CsvLines,
    "application/x-ndjson": JsonLines,
    "application/ndjson": JsonLines,
    "application/jsonl": JsonLines,
}
