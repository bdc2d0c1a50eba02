"""`asinflow trace`: what was done to a job, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cli.client import calls
from cli.commands.jobs import show
from cli.documents import TimelineEntry
from cli.options import JobId, Json
from cli.output import Column, aside, status_style
from cli.session import session_of
from cli.text import duration, moment

app = typer.Typer()


@app.command()
def trace(
    ctx: typer.Context,
    job_id: JobId,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="Most entries; 0 for all.")] = 0,
    as_json: Json = False,
) -> None:
    """Show a job's timeline: what was done to it, when, by whom and why; and its trace id."""
    with session_of(ctx).api() as api:
        trace_id = api.ask(calls.job(job_id)).get("trace_id")
        entries = list(api.listed(calls.timeline(job_id, limit=limit or None)))
    if trace_id and not as_json:
        # Beside the table, which a pipe reads.
        aside(f"trace {trace_id}")
    show(columns(entries), entries, "Nothing has been written down about this job.", as_json=as_json)


def columns(entries: list[TimelineEntry]) -> tuple[Column[TimelineEntry], ...]:
    """Times are told as they are, and counted from the first entry."""
    start = _time(entries[0]) if entries else None

    def since(entry: TimelineEntry) -> str:
        return f"+{duration((_time(entry) - start).total_seconds())}" if start else ""

    return (
        Column("WHEN", lambda entry: moment(entry["at"])),
        Column("AFTER", since, align="right"),
        Column("RUN", lambda entry: entry["run"], align="right"),
        Column("WHAT", lambda entry: entry["kind"]),
        Column("STATUS", lambda entry: entry["after"], style=lambda entry: status_style({"status": entry["after"]})),
        Column("BY", lambda entry: entry["actor"]),
        Column("WHY", lambda entry: entry["reason"], flexible=True, wide=True),
    )


def _time(entry: TimelineEntry) -> datetime:
    return datetime.fromisoformat(entry["at"])
