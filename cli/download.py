"""Lists as files: written as they arrive, continued after the last whole row when the connection breaks."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from asinflow.client.calls import FileFormat
from asinflow.client.core import Call

from cli.client import Api, ApiUnreachable
from cli.counting import Count
from cli.errors import CliError, ExitCode

# What asks for the list from a cursor on, None being its beginning.
Ask = Callable[[str | None], Call[None]]
_BREAKS_IN_A_ROW = 5
_FIRST_WAIT_SECONDS = 0.25
_PIECE = 65_536


@dataclass
class Rows:
    """Cuts answers into whole rows; `cursor` is the last one's, from which the list goes on."""

    form: FileFormat
    count: int = 0
    cursor: str | None = None
    _rest: bytes = b""
    _has_titles: bool = False
    _titles_due: bool = False

    def begin(self) -> None:
        """Another answer comes; what of a row had come is dropped."""
        self._rest, self._titles_due = b"", self.form == "csv"

    def feed(self, piece: bytes) -> bytes:
        """The rows that `piece` completes; titles only once."""
        self._rest += piece
        end = self._end()
        whole, self._rest = self._rest[:end], self._rest[end:]
        titles = b""
        if whole and self._titles_due:
            titles, end_of_line, whole = whole.partition(b"\n")
            titles = b"" if self._has_titles else titles + end_of_line
            self._has_titles, self._titles_due = True, False
        if whole:
            self.count += whole.count(b"\n")
            self.cursor = self._cursor_of(whole.rstrip(b"\r\n").rpartition(b"\n")[2])
        return titles + whole

    def _end(self) -> int:
        """Where the last whole row ends; a line break between quotes ends none of CSV."""
        end = self._rest.rfind(b"\n") + 1
        while self.form == "csv" and self._rest.count(b'"', 0, end) % 2:
            end = self._rest.rfind(b"\n", 0, end - 1) + 1
        return end

    def _cursor_of(self, line: bytes) -> str | None:
        # The last cell of CSV, in which there are neither quotes nor commas.
        return json.loads(line).get("cursor") if self.form == "ndjson" else line.rpartition(b",")[2].decode()


@dataclass
class Target:
    """Where rows go, and what is there already."""

    file: BinaryIO
    rows: Rows

    def write(self, data: bytes) -> None:
        self.file.write(data)


@contextmanager
def target(path: Path | None, form: FileFormat, *, resume: bool = False) -> Iterator[Target]:
    """Standard output, or the file; `resume` goes on after its last whole row. Raises CliError when it cannot be."""
    if resume and (path is None or form == "parquet"):
        raise CliError("--resume goes on with a file of CSV or NDJSON: name it with --output")
    if path is None:
        yield Target(sys.stdout.buffer, Rows(form))
        sys.stdout.flush()
        return
    try:
        with path.open("r+b" if resume and path.exists() else "wb") as file:
            yield Target(file, _rest_of(file, form) if resume else Rows(form))
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}", code="unwritable_file") from error


def _rest_of(file: BinaryIO, form: FileFormat) -> Rows:
    """What the file holds in whole rows; half a row at its end is cut off."""
    rows, size = Rows(form), 0
    rows.begin()
    for piece in iter(lambda: file.read(_PIECE), b""):
        size += len(rows.feed(piece))
    file.truncate(size)
    file.seek(size)
    return rows


def download(api: Api, ask: Ask, to: Target, sleep: Callable[[float], None] = time.sleep) -> int:
    """Write the list; how many rows (of Parquet: bytes). Raises CliError when the connection breaks for good."""
    if to.rows.form == "parquet":
        return _whole(api, ask, to)
    breaks = 0
    with Count("rows") as count:
        while True:
            before = to.rows.cursor
            try:
                to.rows.begin()
                for piece in api.file(ask(before)):
                    to.write(to.rows.feed(piece))
                    count.show(to.rows.count)
            except ApiUnreachable as error:
                breaks = 0 if to.rows.cursor != before else breaks + 1
                if breaks >= _BREAKS_IN_A_ROW or to.rows.cursor is None:
                    raise _broken_off(error, to) from error
            else:
                return to.rows.count
            sleep(_FIRST_WAIT_SECONDS * 2**breaks)


def _whole(api: Api, ask: Ask, to: Target) -> int:
    """A file that is of use only as a whole."""
    size = 0
    with Count("bytes") as count:
        for piece in api.file(ask(None)):
            to.write(piece)
            size += len(piece)
            count.show(size)
    return size


def _broken_off(error: ApiUnreachable, to: Target) -> CliError:
    """What is written stays; none at all is the API out of reach."""
    told = f"{error}; {to.rows.count} rows are written" if to.rows.count else str(error)
    hint = "the same with --output FILE --resume" if to.rows.count else "make status   (is it running?)"
    return CliError(told, code="api_unreachable", exit_code=ExitCode.UNREACHABLE, hint=hint)
