"""`asinflow jobs`, `job` and `items`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import typer

from cli.client import calls
from cli.completing import value_of
from cli.documents import Job, JobItem
from cli.options import ItemStatus, JobId, Json
from cli.output import Column, print_fields, print_json, print_table, status_style
from cli.session import session_of
from cli.text import age, done_of, duration, subject

T = TypeVar("T")

app = typer.Typer()

JOB_COLUMNS: tuple[Column[Job], ...] = (
    Column("JOB", lambda job: job["id"]),
    Column("TYPE", lambda job: job["type"]),
    Column("STATUS", lambda job: job["status"], style=status_style),
    Column("DONE", done_of, align="right"),
    Column("ERR", lambda job: job["error_count"], align="right"),
    Column("AGE", lambda job: age(job["created_at"]), align="right"),
    Column("ABOUT", subject, flexible=True, wide=True),
)
ITEM_COLUMNS: tuple[Column[JobItem], ...] = (
    Column("SEQ", lambda item: item["seq"], align="right"),
    Column("ASIN", lambda item: item["asin"]),
    Column("MARKETPLACE", lambda item: item["marketplace"]),
    Column("STATUS", lambda item: item["status"], style=status_style),
    Column("TRIES", lambda item: item["attempts"], align="right"),
    Column("ERROR", lambda item: item["error"] and item["error"]["code"]),
    Column("MESSAGE", lambda item: item["error"] and item["error"]["message"], wraps=True),
)


def limit_option(default: int) -> Any:
    """The option `--limit`; 0 means all."""
    return typer.Option("--limit", "-n", min=0, help="Most rows; 0 for all.", show_default=str(default))


@app.command("jobs")
def list_jobs(
    ctx: typer.Context,
    status: Annotated[
        str | None, typer.Option(help="For example PROCESSING.", autocompletion=value_of("JobStatus"))
    ] = None,
    job_type: Annotated[
        str | None, typer.Option("--type", help="BULK_ASIN, URL or KEYWORD.", autocompletion=value_of("JobType"))
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    q: Annotated[
        str | None, typer.Option("--q", metavar="WORDS", help="Only with these words: search, address, tags, metadata.")
    ] = None,
    limit: Annotated[int, limit_option(20)] = 20,
    as_json: Json = False,
) -> None:
    """List your jobs, newest first."""
    with session_of(ctx).api() as api:
        found = api.listed(calls.jobs(status=_upper(status), type=_upper(job_type), tag=tag, q=q, limit=limit or None))
        show(JOB_COLUMNS, found, "No jobs yet:  asinflow submit --help", as_json=as_json)


@app.command()
def job(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Show one job with its figures."""
    with session_of(ctx).api() as api:
        print_job(api.ask(calls.job(job_id)), as_json=as_json)


@app.command()
def items(
    ctx: typer.Context,
    job_id: JobId,
    status: ItemStatus = None,
    limit: Annotated[int, limit_option(100)] = 100,
    as_json: Json = False,
) -> None:
    """List the items of a job and what became of each."""
    with session_of(ctx).api() as api:
        found = api.listed(calls.items(job_id, status=status.lower() if status else None, limit=limit or None))
        show(ITEM_COLUMNS, found, "No such items.", as_json=as_json)


def show(columns: tuple[Column[T], ...], rows: Iterable[T], empty: str, *, as_json: bool) -> None:
    """A list, as one JSON list or as a table."""
    if as_json:
        print_json(list(rows))
    else:
        print_table(columns, rows, empty)


def say_deleted(name: str, *, as_json: bool) -> None:
    """That it is gone."""
    if as_json:
        print_json({"id": name, "deleted": True})
    else:
        print(f"{name} deleted")


def print_job(job: Job, *, as_json: bool) -> None:
    """A job, as JSON or as names and values."""
    if as_json:
        print_json(job)
        return
    rate, left = job.get("items_per_second"), job.get("eta_seconds")
    print_fields(
        {
            "job": job["id"],
            "type": job["type"],
            "about": subject(job),
            "status": job["status"],
            "reason": job.get("error_message") or job.get("status_reason"),
            "done": f"{done_of(job)} ({job.get('progress_percent') or 0:g} %)",
            "collected": job["success_count"],
            "failed": job["error_count"],
            "cancelled": job.get("cancelled_count") or None,
            "success rate": f"{job['success_rate']:g} %" if job.get("success_rate") is not None else None,
            "speed": f"{rate:g} items/s" if rate else None,
            "time left": duration(left),
            "took": duration(job.get("duration_seconds")),
            "created": job["created_at"],
            "started": job.get("started_at"),
            "completed": job.get("completed_at"),
            "quality": quality_of(job),
            "tags": ", ".join(job.get("tags") or ()),
            **{f"metadata {name}": value for name, value in (job.get("metadata") or {}).items()},
            "trace": job.get("trace_id"),
        }
    )


def quality_of(job: Job) -> str:
    """What its quality gate says, and which rules were not kept; empty without one."""
    verdict = job.get("quality")
    if not verdict:
        return ""
    got = {rule["rule"]: "-" if rule["got"] is None else f"{rule['got']:g}" for rule in verdict["reasons"]}
    told = (f"{rule['rule']} {got[rule['rule']]} of {rule['wanted']:g} %" for rule in verdict["reasons"])
    return ": ".join(part for part in (verdict["status"], ", ".join(told)) if part)


def _upper(text: str | None) -> str | None:
    return text.upper() if text else None
