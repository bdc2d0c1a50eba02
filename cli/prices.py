"""Reads selling prices as people keep them: a table of products and prices."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from cli.errors import CliError
from cli.inputs import read_file, read_product

PRICE_NAMES = ("selling_price_krw", "selling price", "price")


def read_prices(path: str, marketplace: str | None) -> list[dict[str, Any]]:
    """One entry a line, as the API takes them; a price that is left empty is taken away. "-" is standard input.

    CSV, TSV or semicolons, with a heading: `asin` (or `url`), `selling_price_krw`, and `marketplace` if there is one.
    Raises CliError that names the line.
    """
    lines = _text(path).splitlines()
    if not lines:
        raise CliError(f"{path} is empty", code="empty_file")
    delimiter = max(",;\t", key=lines[0].count)
    table = csv.DictReader(lines, delimiter=delimiter)
    table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
    price = next((name for name in PRICE_NAMES if name in table.fieldnames), None)
    product = next((name for name in ("asin", "url") if name in table.fieldnames), None)
    if price is None or product is None:
        raise CliError(f"{path} needs a heading with asin and selling_price_krw", code="no_heading")
    return list(_entries(table, product, price, marketplace))


def _entries(table: csv.DictReader[str], product: str, price: str, marketplace: str | None) -> Iterator[dict[str, Any]]:
    for row in table:
        item = read_product(row[product] or "", row.get("marketplace") or marketplace)
        text = (row[price] or "").replace(",", "").strip()
        if text and not text.isdecimal():
            raise CliError(f"line {table.line_num}: {row[price]!r} is no price in whole KRW", code="bad_price")
        yield {"marketplace": item.marketplace, "asin": item.asin, "selling_price_krw": int(text) if text else None}


def _text(path: str) -> str:
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CliError(f"{path} is not UTF-8 text", code="unreadable_file") from error
