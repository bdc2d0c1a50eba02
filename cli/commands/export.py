"""`asinflow export`: everything there is, as a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer
from asinflow.client.calls import FileFormat

from cli.client import calls
from cli.completing import one_of
from cli.download import Ask, download, target
from cli.errors import CliError
from cli.filters import Filters
from cli.groups import grouped
from cli.options import ItemStatus, JobId, Json
from cli.output import aside
from cli.session import session_of

app = typer.Typer()
export = typer.Typer(help="Write products, or what became of a job, as CSV, NDJSON or Parquet.", no_args_is_help=True)
app.add_typer(export, name="export")

FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
ENDINGS: dict[str, FileFormat] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet"}


@dataclass(frozen=True)
class Form:
    """How a file is written, and where to."""

    format: Annotated[
        str | None,
        typer.Option(
            metavar="csv|ndjson|parquet",
            help="How it is written.",
            show_default="as FILE ends, else csv",
            autocompletion=one_of(*FORMATS),
        ),
    ] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output")
    ] = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last whole row of FILE.")] = False
    as_json: Json = False


@export.command()
@grouped
def items(ctx: typer.Context, job_id: JobId, *, status: ItemStatus = None, form: Form) -> None:
    """Write every item of a job with its outcome. --json is --format ndjson."""
    chosen, wanted = _format(form), status.lower() if status else None
    _write(ctx, lambda cursor: calls.items_file(job_id, chosen, status=wanted, cursor=cursor), form)


@export.command()
@grouped
def errors(ctx: typer.Context, job_id: JobId, *, form: Form) -> None:
    """Write every item of a job that failed, and why. --json is --format ndjson."""
    chosen = _format(form)
    _write(ctx, lambda cursor: calls.errors_file(job_id, chosen, cursor=cursor), form)


@export.command()
@grouped
def results(ctx: typer.Context, job_id: JobId, *, form: Form) -> None:
    """Write the products of a job, in its order. --json is --format ndjson, which has all fields."""
    chosen = _format(form)
    _write(ctx, lambda cursor: calls.results_file(job_id, chosen, cursor=cursor), form)


@export.command()
@grouped
def products(ctx: typer.Context, *, filters: Filters, form: Form) -> None:
    """Write your products. --json is --format ndjson, which has all fields."""
    chosen = _format(form)
    _write(ctx, lambda cursor: calls.products_file(chosen, **filters.wanted(), cursor=cursor), form)


def _format(form: Form) -> FileFormat:
    """The one that is asked for, else that of the file's ending, else CSV."""
    asked = form.format or ENDINGS.get(_ending(form), "csv")
    name: FileFormat | None = next((known for known in FORMATS if known == asked), None)
    if name is None:
        raise CliError(f"--format is csv, ndjson or parquet, not {form.format!r}")
    return "ndjson" if form.as_json else name


def _ending(form: Form) -> str:
    return form.output.suffix.lower() if form.output else ""


def _write(ctx: typer.Context, ask: Ask, form: Form) -> None:
    session, chosen = session_of(ctx), _format(form)
    if form.output and _ending(form) and ENDINGS.get(_ending(form)) != chosen:
        aside(f"{form.output.name} is written as {chosen}, whatever its name ends with")
    with session.api() as api, target(form.output, chosen, resume=form.resume) as to:
        download(api, ask, to, session.sleep)
