"""What a job would earn, and what other costs would make of it, for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from cli.output import Column, print_fields, print_table
from cli.text import amount

_BAR_CELLS = 30

BEST: tuple[Column[dict[str, Any]], ...] = (
    Column("ASIN", lambda product: product["asin"]),
    Column("TITLE", lambda product: product["title"], flexible=True),
    Column("PRICE", lambda product: amount(product["price"], product["currency"]), align="right"),
    Column("SELL AT ₩", lambda product: amount(product["sale_price_krw"]), align="right"),
    Column("PROFIT ₩", lambda product: amount(product["profit_krw"]), align="right"),
    Column("MARGIN %", lambda product: product["margin_percent"], align="right"),
)
COMPARED: tuple[Column[tuple[str, Any, Any]], ...] = (
    Column("", lambda row: row[0]),
    Column("BEFORE", lambda row: row[1], align="right"),
    Column("AFTER", lambda row: row[2], align="right"),
)


def show_earnings(found: dict[str, Any]) -> None:
    """Counts, sums and the best; on a terminal also how the margins are spread."""
    print_fields(_figures(found) | {f"not judged, {each['code']}": each["count"] for each in found["unjudged"]})
    if sys.stdout.isatty():
        print_histogram(found["margins"])
    if found["best"]:
        print()
        print_table(BEST, found["best"], "")


def show_comparison(before: dict[str, Any], after: dict[str, Any]) -> None:
    """The same figures beside each other."""
    old, new = _figures(before), _figures(after)
    print_table(COMPARED, [(name, old[name], new[name]) for name in old], "")


def print_histogram(bins: Sequence[dict[str, Any]]) -> None:
    """Margins in percent, a bar for each span of them."""
    most = max((each["count"] for each in bins), default=0)
    if most:
        print("\nmargins in percent")
    for each in bins if most else ():
        ends = ["" if each[end] is None else f"{each[end]:g}" for end in ("at_least", "below")]
        bar = "━" * max(each["count"] and 1, each["count"] * _BAR_CELLS // most)
        print(f"{ends[0]:>8} … {ends[1]:<8} {bar} {each['count'] or ''}")


def _figures(found: dict[str, Any]) -> dict[str, object]:
    totals, margin = found["totals"], found["margin_percent"]
    return {
        "collected": found["succeeded"],
        "judged": found["judged"],
        "profitable": found["profitable"],
        "not profitable": found["unprofitable"],
        "at your own prices": f"{found['priced_profitable']} of {found['priced']}" if found["priced"] else "",
        "median margin": "" if margin is None else f"{margin['median']:g} %",
        "sales": amount(totals["sales_krw"], "KRW"),
        "cost": amount(totals["cost_krw"], "KRW"),
        "platform fees": amount(totals["platform_fees_krw"], "KRW"),
        "profit": amount(totals["profit_krw"], "KRW"),
    }
