"""Lists as Parquet files, a row group at a time; needs the extra `parquet`."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

from services.api.exports import CURSOR_COLUMN, Column, Model, Row, Rows, header

ROWS_PER_GROUP = 2_000


def is_available() -> bool:
    return find_spec("pyarrow") is not None


async def render(rows: Rows[Model], columns: Sequence[Column[Model]]) -> AsyncIterator[bytes]:
    """The file in pieces, a row group each; no more than one group is in memory."""
    writer = _Writer(columns)
    group: list[Row[Model]] = []
    async for row in rows:
        group.append(row)
        if len(group) == ROWS_PER_GROUP:
            yield await asyncio.to_thread(writer.write, group)
            group = []
    yield await asyncio.to_thread(writer.finish, group)


class _Sink(io.RawIOBase):
    """A file that is written to its end and taken away as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Writer:
    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        # Loaded with the first file: the extra need not be there, and takes a while.
        import pyarrow  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415

        types = {
            "text": pyarrow.string(),
            "integer": pyarrow.int64(),
            "number": pyarrow.float64(),
            "flag": pyarrow.bool_(),
            "moment": pyarrow.timestamp("ms", tz="UTC"),
            "texts": pyarrow.list_(pyarrow.string()),
        }
        kinds = [*(types[column.kind] for column in columns), pyarrow.string()]
        self._columns = columns
        self._schema = pyarrow.schema(list(zip(header(columns), kinds, strict=True)))
        self._table = pyarrow.Table
        self._sink = _Sink()
        self._file = pyarrow.parquet.ParquetWriter(pyarrow.PythonFile(self._sink, mode="w"), self._schema)

    def write(self, rows: Sequence[Row[Any]]) -> bytes:
        """The bytes that these rows add."""
        if rows:
            cells = {column.name: [_cell(column, row.document) for row in rows] for column in self._columns}
            cells[CURSOR_COLUMN] = [row.cursor for row in rows]
            self._file.write_table(self._table.from_pydict(cells, self._schema), row_group_size=ROWS_PER_GROUP)
        return self._sink.take()

    def finish(self, rows: Sequence[Row[Any]]) -> bytes:
        """The last rows and the end of the file."""
        last = self.write(rows)
        self._file.close()
        return last + self._sink.take()


def _cell(column: Column[Any], document: Any) -> Any:
    value = column.cell(document)
    return float(value) if isinstance(value, Decimal) else value
