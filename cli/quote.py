"""What a dry run tells."""

from __future__ import annotations

import sys
from typing import Any

from cli.output import Column, aside, print_fields, print_json, print_table
from cli.text import duration, interval, moment

MARKETPLACES: tuple[Column[dict[str, Any]], ...] = (
    Column("MARKETPLACE", lambda line: line["marketplace"]),
    Column("PRODUCTS", lambda line: line["items"], align="right"),
    Column("FRESH", lambda line: line["already_fresh"], align="right"),
    Column("REQUESTS", lambda line: line["requests"], align="right"),
    Column("ONE EVERY", lambda line: interval(line["interval_seconds"]), align="right"),
    Column("OTHERS' REQUESTS", lambda line: line["requests_of_others"], align="right", wide=True),
    Column("BLOCKED FOR", lambda line: duration(line["blocked_seconds"] or None), align="right"),
)


def show_quote(quote: dict[str, Any], *, as_json: bool) -> None:
    """The quote as JSON, or as names and values; per marketplace on a terminal."""
    if as_json:
        print_json(quote)
        return
    counts = quote["counts"] or {}
    print_fields(
        {
            "products": f"at most {quote['items']}" if quote["items_at_most"] else quote["items"],
            "named more than once": counts.get("duplicate") or None,
            "name no product": counts.get("invalid") or None,
            "already fresh": quote["already_fresh"],
            "requests": quote["expected_requests"],
            "your running jobs": f"{quote['running_jobs']} of {quote['concurrent_jobs']}",
            "starts in": duration(quote["start_delay_seconds"]),
            "takes": duration(quote["eta_seconds"]),
            "would finish at": moment(quote["would_finish_at"]),
        }
    )
    if sys.stdout.isatty() and quote["marketplaces"]:
        print()
        print_table(MARKETPLACES, quote["marketplaces"], "")
    aside("Nothing was submitted. For real:  the same without --dry-run")
