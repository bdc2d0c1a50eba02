"""Answers that are files: streamed, and refused before the first byte when they cannot be made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.responses import StreamingResponse

from services.api import exports, parquet
from services.api.exports import MEDIA_TYPES, Column, Format, Model, Rows
from services.api.problems import invalid_field
from services.api.streaming import started

# What a list's OpenAPI entry says of its other forms.
FILE_CONTENT: dict[str, Any] = {
    "application/x-ndjson": {"schema": {"type": "string"}},
    "text/csv": {"schema": {"type": "string"}},
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
}
FORMAT_HELP = (
    "`ndjson`, `csv` and `parquet` stream the whole list; every row carries the `cursor` from which a broken stream "
    "is continued"
)


async def download(rows: Rows[Model], columns: Sequence[Column[Model]], form: Format, name: str) -> StreamingResponse:
    """The rows as a file of that name. Raises Problem (422) for Parquet where it is not installed."""
    if form is Format.PARQUET and not parquet.is_available():
        raise invalid_field("format", "format_unavailable", "parquet needs the extra `parquet` on the server")
    pieces = parquet.render(rows, columns) if form is Format.PARQUET else exports.render(rows, columns, form)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(await started(pieces), media_type=MEDIA_TYPES[form], headers=headers)
