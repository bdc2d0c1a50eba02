"""Lists of products as people upload them, read as they arrive: plain lines, CSV, or a JSON value a line. Pure."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import orjson

MAX_LINE = 65_536
_BETWEEN = re.compile(r"[\s,;]+")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",;\t"
# The columns that may name a product, best first.
_NAMES = ("asin", "url", "product_url", "isbn")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a product should be named, and why it cannot be read."""

    input: str
    code: str
    message: str


Entry = str | Unreadable


class LineReader(Protocol):
    """Turns lines into what they name; state that spans lines is its own."""

    def read(self, line: str) -> Iterable[Entry]: ...

    def finish(self) -> Iterable[Entry]:
        """What an unfinished last record holds."""


class Splitter:
    """Cuts bytes into lines, of UTF-8 or, marked as such, of UTF-16. A line beyond the limit is cut off and told."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._start = b""
        self._rest = ""
        self._skipping = False

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[Entry]:
        """The lines that `data` completes; Unreadable for one that is too long."""
        *complete, self._rest = (self._rest + self._decode(data, last=last)).split("\n")
        if last:
            complete.append(self._rest)
            self._rest = ""
        for line in complete:
            if not self._skipping:
                yield _too_long(line) if len(line) > MAX_LINE else line.removesuffix("\r")
            self._skipping = False
        if len(self._rest) > MAX_LINE:
            if not self._skipping:
                yield _too_long(self._rest)
            self._skipping, self._rest = True, ""

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

    def read(self, line: str) -> Iterable[Entry]:
        if "/" in line:
            return line.split()
        return [word for word in _BETWEEN.split(line.partition("#")[0]) if word and word.lower() != "asin"]

    def finish(self) -> Iterable[Entry]:
        return ()


class JsonLines:
    """A text, or an object with `asin` or `url` and perhaps `marketplace`, per line."""

    def read(self, line: str) -> Iterable[Entry]:
        if not line.strip():
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            yield Unreadable(line[:200], "json_invalid", "The line is not JSON.")
            return
        named = next((value[n] for n in _NAMES if isinstance(value.get(n), str)), None) if _is_object(value) else value
        if isinstance(named, str):
            market = value.get("marketplace") if _is_object(value) else None
            yield placed(named, market if isinstance(market, str) else "")
        else:
            yield Unreadable(line[:200], "no_asin", "The line is neither a text nor an object with `asin` or `url`.")

    def finish(self) -> Iterable[Entry]:
        return ()


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


class CsvLines:
    """The column `asin` (or `url`, or else the first), and `marketplace` if there is one; RFC 4180 with , ; or tab."""

    def __init__(self) -> None:
        self._record = ""
        self._delimiter = ""
        self._place = 0
        self._market: int | None = None

    def read(self, line: str) -> Iterable[Entry]:
        self._record = f"{self._record}\n{line}" if self._record else line
        if self._record.count('"') % 2 and len(self._record) <= MAX_LINE:
            return ()  # a line end within quotes
        return self.finish()

    def finish(self) -> Iterable[Entry]:
        record, self._record = self._record, ""
        if not record.strip():
            return ()
        if len(record) > MAX_LINE:
            return (_too_long(record),)
        if not self._delimiter:
            self._delimiter = max(_DELIMITERS, key=record.count)
            if self._is_heading(self._cells(record)):
                return ()
        return self._named(self._cells(record))

    def _cells(self, record: str) -> list[str]:
        return [cell.strip() for row in csv.reader(record.split("\n"), delimiter=self._delimiter) for cell in row]

    def _is_heading(self, cells: list[str]) -> bool:
        names = [cell.lower() for cell in cells]
        known = [name for name in _NAMES if name in names]
        if known:
            self._place = names.index(known[0])
        if "marketplace" in names:
            self._market = names.index("marketplace")
        # A heading has no digits, and every ASIN has.
        return bool(known) or not any(char.isdigit() for char in cells[0])

    def _named(self, cells: list[str]) -> Iterable[Entry]:
        if not any(cells):
            return ()
        text = cells[self._place] if self._place < len(cells) else ""
        market = cells[self._market] if self._market is not None and self._market < len(cells) else ""
        return (placed(text, market),)


def placed(text: str, marketplace: str) -> str:
    """What is named, in the marketplace that stands beside it; an address brings its own."""
    return f"https://www.{marketplace.strip().lower()}/dp/{text}" if marketplace.strip() and "/" not in text else text


READERS: dict[str, Callable[[], LineReader]] = {
    "text/plain": PlainLines,
    "text/csv": CsvLines,
    "text/tab-separated-values": CsvLines,
    "application/x-ndjson": JsonLines,
    "application/ndjson": JsonLines,
    "application/jsonl": JsonLines,
}
