"""`asinflow submit`: ASINs, a list in a file, the address of a page that lists products, or a search."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.client import Api, calls
from cli.commands.watch import watch_to_its_end
from cli.completing import one_of
from cli.documents import Job
from cli.dropped import say_what_was_dropped
from cli.errors import CliError
from cli.groups import grouped
from cli.inputs import read_asins
from cli.options import Json, Marketplace
from cli.output import aside, print_json
from cli.quote import show_quote
from cli.session import session_of
from cli.uploads import TYPES, Upload, media_type
from cli.wishes import Wishes


class Kinds(TyperGroup):
    """The kinds of jobs; the name of a file alone means `file`, an address `url`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        kind = _kind(args[0]) if args and args[0] not in self.commands else None
        return super().resolve_command(ctx, args if kind is None else [kind, *args])


def _kind(word: str) -> str | None:
    """A name with a suffix or a folder is taken for a file, there or not: then it is what is told to be missing."""
    if word.lower().startswith(("https://", "http://")):
        return "url"
    path = Path(word)
    return "file" if path.is_file() or (not word.startswith("-") and (path.suffix or "/" in word)) else None


app = typer.Typer()
submit = typer.Typer(
    cls=Kinds,
    help="Submit a job: ASINs, a list in a file, a page that lists products, or a search.",
    no_args_is_help=True,
)
app.add_typer(submit, name="submit")

MaxResults = Annotated[
    int | None, typer.Option("--max-results", "-n", min=1, help="Most products to take.", show_default="the API's own")
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse all when one of them names no product.")]


@dataclass(frozen=True)
class How:
    """What becomes of the request."""

    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same key gives the same job, however often it is sent.")
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the job would come to; submit nothing.")] = False
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the job until it ends.")] = False
    as_json: Json = False


@submit.command()
@grouped
def asins(
    ctx: typer.Context,
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ASIN", help="ASINs, ISBN-10s or product addresses.", show_default=False),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="F|-", help="Read them from a file: lines, CSV (asin column) or NDJSON."),
    ] = None,
    marketplace: Marketplace = None,
    strict: Strict = False,
    wishes: Wishes,
    how: How,
) -> None:
    """Collect these products."""
    lines = [*(names or ()), *(read_asins(file) if file else ())]
    if not lines:
        raise CliError("no ASIN given", hint="asinflow submit asins B07WXL5YPW   (or: asinflow submit LIST.csv)")
    request = {"type": "BULK_ASIN", "asins": lines, "marketplace": marketplace, "strict": strict or None}
    _submit(ctx, wishes.body(request), how)


@submit.command()
@grouped
def file(
    ctx: typer.Context,
    *,
    path: Annotated[str, typer.Argument(metavar="FILE|-", help="CSV, NDJSON or lines; -: standard input.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(TYPES),
            help="What it is.",
            show_default="as its name ends",
            autocompletion=one_of(*TYPES),
        ),
    ] = None,
    marketplace: Marketplace = None,
    strict: Strict = False,
    wishes: Wishes,
    how: How,
) -> None:
    """Collect the products of a list, which is sent as it is read, however long.

    CSV has a column asin (or url, or its first), and marketplace if you like; NDJSON a text or such an object per line.
    `asinflow submit LIST.csv` says the same.
    """
    options = wishes.query(marketplace=marketplace, strict=strict or None)
    upload = Upload(path, media_type(path, form), options, how.idempotency_key)
    with session_of(ctx).api() as api:
        if how.dry_run:
            _quote(upload.quote(api), how)
        else:
            _follow(ctx, api, upload.send(api), how)


@submit.command()
@grouped
def url(
    ctx: typer.Context,
    *,
    address: Annotated[str, typer.Argument(metavar="URL", help="A product, search, category or bestseller page.")],
    max_results: MaxResults = None,
    wishes: Wishes,
    how: How,
) -> None:
    """Collect the products that a page lists, or the one that it shows."""
    _submit(ctx, wishes.body({"type": "URL", "url": address, "max_results": max_results}), how)


@submit.command()
@grouped
def keyword(
    ctx: typer.Context,
    *,
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What to search for.", show_default=False)],
    marketplace: Marketplace = None,
    max_results: MaxResults = None,
    wishes: Wishes,
    how: How,
) -> None:
    """Collect what a search finds."""
    request = {
        "type": "KEYWORD",
        "keyword": " ".join(words),
        "marketplace": marketplace,
        "max_results": max_results,
    }
    _submit(ctx, wishes.body(request), how)


def _submit(ctx: typer.Context, body: dict[str, Any], how: How) -> None:
    with session_of(ctx).api() as api:
        if how.dry_run:
            _quote(api.ask(calls.dry_run(body)), how)
        else:
            _follow(ctx, api, api.ask(calls.submit(body, idempotency_key=how.idempotency_key)), how)


def _quote(quote: dict[str, Any], how: How) -> None:
    if how.watch:
        raise CliError("--dry-run makes no job, so that there is nothing to --watch")
    show_quote(quote, as_json=how.as_json)


def _follow(ctx: typer.Context, api: Api, job: Job, how: How) -> None:
    _show(job, how)
    if how.watch:
        watch_to_its_end(session_of(ctx), api, job["id"], as_json=how.as_json)


def _show(job: Job, how: How) -> None:
    """The new job; with --watch --json as the first event of the stream."""
    if not how.as_json:
        say_what_was_dropped(job, "--strict")
        print(f"Job {job['id']}  {job['status']}" if sys.stdout.isatty() or how.watch else job["id"], flush=True)
        if not how.watch:
            aside(f"Follow it:  asinflow watch {job['id']}")
    elif how.watch:
        print(json.dumps({"event": "submitted", **job}, ensure_ascii=False), flush=True)
    else:
        print_json(job)
