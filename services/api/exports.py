"""Lists as files: one JSON document a line, CSV that no spreadsheet takes for formulas, or Parquet. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from shared.spreadsheets import harmless

Model = TypeVar("Model", bound=BaseModel)
Shown = TypeVar("Shown", bound=BaseModel)

ROWS_PER_CHUNK = 500
LIST_SEPARATOR = " | "

Kind = Literal["text", "integer", "number", "flag", "moment", "texts"]


class Format(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Column(Generic[Shown]):
    """One column of a table: its name, what its cells are, and how a row's cell is found; None where it has none."""

    name: str
    kind: Kind
    cell: Callable[[Shown], Any]


@dataclass(frozen=True, slots=True)
class Row(Generic[Model]):
    """A document and the cursor that continues the list after it."""

    document: Model
    cursor: str


Rows = AsyncIterator[Row[Model]]
CURSOR_COLUMN = "cursor"


def header(columns: Sequence[Column[Any]]) -> tuple[str, ...]:
    """The names of all columns; the last one's cells are the cursors from which a broken file is continued."""
    return (*(column.name for column in columns), CURSOR_COLUMN)


async def render(rows: Rows[Model], columns: Sequence[Column[Model]], form: Format) -> AsyncIterator[bytes]:
    """The file as CSV or NDJSON, in pieces of some hundred lines."""
    if form is Format.CSV:
        yield csv_line(header(columns))
    lines: list[bytes] = []
    async for row in rows:
        lines.append(_csv_row(row, columns) if form is Format.CSV else _json_row(row))
        if len(lines) == ROWS_PER_CHUNK:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


def csv_line(cells: Iterable[object]) -> bytes:
    """One row of RFC 4180; text that begins like a formula gets an apostrophe before it."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_text(cell) for cell in cells])
    return buffer.getvalue().encode()


def _text(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, list | tuple):
        cell = LIST_SEPARATOR.join(str(part) for part in cell)
    return harmless(cell) if isinstance(cell, str) else cell


def _csv_row(row: Row[Model], columns: Sequence[Column[Model]]) -> bytes:
    # A cursor is made of letters, digits, - and _: an apostrophe before it would spoil it, and it is no formula.
    cells = csv_line(column.cell(row.document) for column in columns).removesuffix(b"\r\n")
    return b"%s,%s\r\n" % (cells, row.cursor.encode())


def _json_row(row: Row[Model]) -> bytes:
    return b'%s,"cursor":"%s"}\n' % (row.document.model_dump_json().encode()[:-1], row.cursor.encode())
