"""`asinflow stats`: your jobs and products in figures."""

from __future__ import annotations

import sys
from typing import Any

import typer

from cli.client import calls
from cli.options import Json
from cli.output import Column, print_fields, print_json, print_table
from cli.session import session_of

app = typer.Typer()

DAYS: tuple[Column[dict[str, Any]], ...] = (
    Column("DAY", lambda day: day["since"][:10]),
    Column("JOBS", lambda day: day["jobs"], align="right"),
    Column("COLLECTED", lambda day: day["succeeded"], align="right"),
    Column("FAILED", lambda day: day["failed"], align="right"),
)


@app.command()
def stats(ctx: typer.Context, as_json: Json = False) -> None:
    """Show your jobs and products in figures."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.stats())
    if as_json:
        print_json(found)
        return
    rate, products = found["success_rate"], found["products"]
    print_fields(
        {
            **{f"jobs {status}": number for status, number in found["jobs"].items()},
            "success rate": None if rate is None else f"{rate:g} %",
            "products": products["total"],
            "favorites": products["favorite"],
            "profitable": products["profitable"],
            "profitable at your price": f"{products['priced_profitable']} of {products['priced']}",
            "collected within a day": products["collected_24h"],
            "price changed within a day": products["changed_24h"],
        }
    )
    if sys.stdout.isatty() and found["days"]:
        print()
        print_table(DAYS, found["days"], "")
