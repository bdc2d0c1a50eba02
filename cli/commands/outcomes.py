"""`asinflow errors`, `results` and `audit`: what became of a job."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.jobs import ITEM_COLUMNS, limit_option, show
from cli.commands.products import COLUMNS as PRODUCT_COLUMNS
from cli.errors import ExitCode
from cli.options import JobId, Json
from cli.output import Column, aside, print_json, print_table
from cli.session import session_of

app = typer.Typer()

GROUPS: tuple[Column[dict[str, Any]], ...] = (
    Column("ERROR", lambda group: group["code"]),
    Column("ITEMS", lambda group: group["count"], align="right"),
    Column("WORTH RETRYING", lambda group: "yes" if group["retryable"] else "no"),
    Column("MESSAGE", lambda group: group["message"], wraps=True),
)
ACCOUNTS: tuple[Column[tuple[str, Any, Any]], ...] = (
    Column("", lambda line: line[0]),
    Column("RECORDED", lambda line: line[1], align="right"),
    Column("COUNTED ANEW", lambda line: line[2], align="right"),
)
DIFFERENCES: tuple[Column[dict[str, Any]], ...] = (
    Column("DIFFERENCE", lambda one: one["code"]),
    Column("EXPECTED", lambda one: one["expected"], align="right"),
    Column("ACTUAL", lambda one: one["actual"], align="right"),
    Column("PASSING", lambda one: "yes" if one["passing"] else "no"),
    Column("MESSAGE", lambda one: one["message"], wraps=True),
)


@app.command()
def errors(
    ctx: typer.Context,
    job_id: JobId,
    *,
    listed: Annotated[bool, typer.Option("--items", help="List the items instead of counting them.")] = False,
    limit: Annotated[int, limit_option(100)] = 100,
    as_json: Json = False,
) -> None:
    """Show why items of a job failed, and how many in which way."""
    with session_of(ctx).api() as api:
        if listed:
            rows = api.listed(calls.items(job_id, status="failed", limit=limit or None))
            show(ITEM_COLUMNS, rows, "Nothing failed.", as_json=as_json)
            return
        found = api.ask(calls.errors(job_id, limit=1))
    if as_json:
        print_json(found["groups"])
        return
    print_table(GROUPS, found["groups"], "Nothing failed.")
    for group in found["groups"]:
        if group["retryable"]:
            aside(f"Try them again:  asinflow retry {job_id} --error {group['code']}")


@app.command()
def results(
    ctx: typer.Context, job_id: JobId, *, limit: Annotated[int, limit_option(50)] = 50, as_json: Json = False
) -> None:
    """List the products of a job, in its order; `asinflow export results` writes them all."""
    with session_of(ctx).api() as api:
        rows = api.listed(calls.results(job_id, limit=limit or None))
        show(PRODUCT_COLUMNS, rows, f"Nothing is collected yet:  asinflow watch {job_id}", as_json=as_json)


@app.command()
def audit(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Count a job's items anew and compare: total = succeeded + failed + cancelled + remaining.

    Ends with 1 when its books do not balance.
    """
    with session_of(ctx).api() as api:
        found = api.ask(calls.audit(job_id))
    if as_json:
        print_json(found)
    else:
        recorded, derived = found["recorded"], found["derived"]
        print_table(ACCOUNTS, [(name, recorded[name], derived[name]) for name in derived], "")
        if found["differences"]:
            print_table(DIFFERENCES, found["differences"], "")
        aside("balanced" if found["balanced"] else "NOT balanced")
    if not found["balanced"]:
        raise typer.Exit(ExitCode.FAILED)
