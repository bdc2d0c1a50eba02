"""Reads ASINs as people keep them: plain lines, CSV, NDJSON, or a JSON list."""

from __future__ import annotations

import codecs
import csv
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from cli.errors import CliError
from shared.amazon.asins import InvalidAsin, Item, normalise
from shared.amazon.marketplaces import MARKETPLACES

# As the API's setting of that name has it.
DEFAULT_MARKETPLACE = "amazon.co.jp"
_BETWEEN = re.compile(r"[\s,;]+")
_TABLES = {".csv", ".tsv"}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_file(path: str) -> bytes:
    """What is in a file, "-" being standard input. Raises CliError when it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}", code="unreadable_file") from error


def read_asins(path: str) -> list[str]:
    """The ASINs (or product addresses) in a file, "-" being standard input. Raises CliError when it cannot be read."""
    body = read_file(path)
    if b"\0" in body and not body.startswith(_UTF16_MARKS):
        raise CliError(f"{path} is no text file; give lines, CSV or NDJSON", code="unreadable_file")
    found = asins_in(_decoded(body), is_table=Path(path).suffix.lower() in _TABLES)
    if not found:
        raise CliError(f"{'standard input' if path == '-' else path} names no ASIN", code="empty_file")
    return found


def read_product(text: str, marketplace: str | None) -> Item:
    """The product that an ASIN or an address names. Raises CliError when it names none."""
    place = marketplace or os.environ.get("ASINFLOW_DEFAULT_MARKETPLACE") or DEFAULT_MARKETPLACE
    if place not in MARKETPLACES:
        raise CliError(f"{place!r} is no known marketplace; known are {', '.join(MARKETPLACES)}")
    try:
        return normalise(text, place)
    except InvalidAsin as error:
        raise CliError(f"{text!r} names no product: {error.message}", code="bad_asin") from error


def asins_in(text: str, *, is_table: bool = False) -> list[str]:
    """What `text` names, in order, in whichever of the forms it is written. `is_table`: CSV even without a heading."""
    start = text.lstrip()[:1]
    if start == "[":
        return _from_json_list(text)
    if start in {"{", '"'} and not is_table and _is_json(text.lstrip().splitlines()[0]):
        return [_named(_parsed(line, number)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    heading = text.lstrip().splitlines()[0] if start else ""
    delimiter = max(",;\t", key=heading.count)
    names = [name.strip().strip('"').lower() for name in heading.split(delimiter)]
    if is_table or (len(names) > 1 and "asin" in names):
        return _from_table(text.lstrip(), delimiter, names)
    return [word for line in text.splitlines() for word in _words(line) if word.lower() != "asin"]


def _words(line: str) -> list[str]:
    """The ASINs of a plain line; an address may contain commas, and # begins a comment only outside of one."""
    line = line.strip()
    if "/" in line:
        return line.split()
    return [word for word in _BETWEEN.split(line.partition("#")[0]) if word]


def _from_table(text: str, delimiter: str, names: list[str]) -> list[str]:
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(cell.strip() for cell in row)]
    place = names.index("asin") if "asin" in names else 0
    market = names.index("marketplace") if "marketplace" in names else None
    # A heading has no digits, and every ASIN has.
    if rows and ("asin" in names or not any(char.isdigit() for char in rows[0][0])):
        rows = rows[1:]
    return [
        _address(row[place].strip(), row[market].strip() if market is not None and market < len(row) else "")
        for row in rows
        if place < len(row) and row[place].strip()
    ]


def _from_json_list(text: str) -> list[str]:
    listed = _parsed(text, 1)
    return [_named(value) for value in listed] if isinstance(listed, list) else []


def _named(value: Any) -> str:
    """The product that a JSON value names: a text, or an object with `asin` and perhaps `marketplace`."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("asin"), str):
        return _address(value["asin"], str(value.get("marketplace") or ""))
    raise CliError(f"{json.dumps(value, ensure_ascii=False)[:80]} has no asin", code="bad_file")


def _address(asin: str, marketplace: str) -> str:
    return f"https://www.{marketplace}/dp/{asin}" if marketplace else asin


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CliError(f"line {line} is not JSON: {error}", code="bad_file") from error


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _decoded(body: bytes) -> str:
    """Text of a file; spreadsheets also write UTF-16, and around ASINs an older encoding does not matter."""
    if body.startswith(_UTF16_MARKS):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8-sig", "replace")
