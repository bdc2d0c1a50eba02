"""`asinflow export`: everything there is, as a stream."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO, cast

import typer

from cli.client import calls
from cli.documents import Product
from cli.errors import CliError
from cli.options import JobId, Json, Marketplace
from cli.session import session_of
from cli.spreadsheet import cell

app = typer.Typer()
export = typer.Typer(help="Write all products, or all items of a job, as CSV or NDJSON.", no_args_is_help=True)
app.add_typer(export, name="export")

Format = Annotated[str, typer.Option("--format", metavar="csv|ndjson", help="How it is written.")]
Target = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output")
]

PRODUCT_FIELDS: tuple[str, ...] = (
    *("marketplace", "asin", "url", "title", "price", "currency", "list_price", "brand", "author", "rating"),
    *("review_count", "availability", "weight_g", "categories", "images", "collected_at"),
)
ANALYSIS_FIELDS = ("cost_krw", "recommended_price_krw", "profit_krw", "margin_percent", "is_profitable")


@export.command()
def items(
    ctx: typer.Context,
    job_id: JobId,
    *,
    form: Format = "csv",
    status: Annotated[str | None, typer.Option(help="queued, running, succeeded, failed or cancelled.")] = None,
    output: Target = None,
    as_json: Json = False,
) -> None:
    """Write every item of a job with its outcome. --json is --format ndjson."""
    with session_of(ctx).api() as api, _target(output) as target:
        for chunk in api.file(
            calls.items_file(job_id, _checked(form, as_json=as_json), status=status.lower() if status else None)
        ):
            target.buffer.write(chunk)


@export.command()
def products(
    ctx: typer.Context,
    *,
    form: Format = "csv",
    job: Annotated[str | None, typer.Option("--job", metavar="JOB", help="Only what this job collected.")] = None,
    q: Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Only titles with these words.")] = None,
    marketplace: Marketplace = None,
    output: Target = None,
    as_json: Json = False,
) -> None:
    """Write every product. --json is --format ndjson, which has all fields."""
    write = _as_csv if _checked(form, as_json=as_json) == "csv" else _as_ndjson
    with session_of(ctx).api() as api, _target(output) as target:
        write(api.listed(calls.products(job_id=job, q=q, marketplace=marketplace)), target)


def _checked(form: str, *, as_json: bool) -> Literal["csv", "ndjson"]:
    if form not in {"csv", "ndjson"}:
        raise CliError(f"--format is csv or ndjson, not {form!r}")
    return "ndjson" if as_json or form == "ndjson" else "csv"


@contextmanager
def _target(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}", code="unwritable_file") from error


def _as_ndjson(rows: Iterable[Product], target: TextIO) -> None:
    for row in rows:
        target.write(json.dumps(row, ensure_ascii=False) + "\n")


def _as_csv(rows: Iterable[Product], target: TextIO) -> None:
    writer = csv.writer(target)
    writer.writerow((*PRODUCT_FIELDS, *ANALYSIS_FIELDS))
    for row in rows:
        product = cast("dict[str, Any]", row)
        analysis = product.get("analysis") or {}
        known = [product.get(name) for name in PRODUCT_FIELDS] + [analysis.get(name) for name in ANALYSIS_FIELDS]
        writer.writerow([cell(value) for value in known])
