"""Items as files: one JSON document a line, or CSV that no spreadsheet takes for formulas. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable
from enum import StrEnum

from services.api.responses import ItemView

LINES_PER_CHUNK = 500
COLUMNS = (
    "seq",
    "asin",
    "marketplace",
    "status",
    "attempts",
    "error_code",
    "error_message",
    "error_retryable",
    "processed_at",
    "origin",
)
# A cell that begins so is run as a formula by spreadsheets (OWASP, CSV Injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Format(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


MEDIA_TYPES = {Format.NDJSON: "application/x-ndjson", Format.CSV: "text/csv; charset=utf-8"}


async def render(items: AsyncIterator[ItemView], form: Format) -> AsyncIterator[bytes]:
    """The file in pieces of some hundred lines."""
    if form is Format.CSV:
        yield csv_line(COLUMNS)
    line = _LINE[form]
    lines: list[bytes] = []
    async for item in items:
        lines.append(line(item))
        if len(lines) == LINES_PER_CHUNK:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


def csv_line(cells: tuple[object, ...]) -> bytes:
    """One row of RFC 4180; text that begins like a formula gets an apostrophe before it."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_safe(cell) if isinstance(cell, str) else cell for cell in cells])
    return buffer.getvalue().encode()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_item(item: ItemView) -> bytes:
    error = item.error
    return csv_line(
        (
            item.seq,
            item.asin,
            item.marketplace,
            str(item.status),
            item.attempts,
            error and error.code,
            error and error.message,
            error and error.retryable,
            item.processed_at and item.processed_at.isoformat(),
            item.origin,
        )
    )


def _json_item(item: ItemView) -> bytes:
    return item.model_dump_json().encode() + b"\n"


_LINE: dict[Format, Callable[[ItemView], bytes]] = {Format.NDJSON: _json_item, Format.CSV: _csv_item}
