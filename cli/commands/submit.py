"""`asinflow submit`: ASINs, the address of a page that lists products, or a search."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.watch import watch_to_its_end
from cli.documents import Job
from cli.errors import CliError
from cli.inputs import read_asins
from cli.options import Json, Marketplace
from cli.output import print_json
from cli.session import session_of
from cli.text import plain

app = typer.Typer()
_MOST_LINES_SHOWN = 10

submit = typer.Typer(help="Submit a job: ASINs, a page that lists products, or a search.", no_args_is_help=True)
app.add_typer(submit, name="submit")

MaxResults = Annotated[
    int | None, typer.Option("--max-results", "-n", min=1, help="Most products to take.", show_default="the API's own")
]
TargetMargin = Annotated[
    float | None, typer.Option(help="Margin in percent that a resale must reach, 5 to 50.", show_default="10")
]
JapanShipping = Annotated[int | None, typer.Option(min=0, help="Shipping within Japan, JPY.")]
KoreaShipping = Annotated[int | None, typer.Option(min=0, help="Shipping within Korea, KRW.")]
MaxAge = Annotated[
    int | None, typer.Option(min=0, metavar="SECONDS", help="Take what was seen so recently without fetching it.")
]
Analyze = Annotated[bool, typer.Option("--analyze/--no-analyze", help="Work out the resale margin.")]
Priority = Annotated[str | None, typer.Option(metavar="high|normal|low", help="Place among your own jobs.")]
IdempotencyKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="The same key gives the same job, however often it is sent.")
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the job until it ends.")]


@dataclass(frozen=True)
class How:
    """What the options common to all three kinds ask for."""

    settings: dict[str, Any]
    priority: str | None
    idempotency_key: str | None
    watch: bool
    as_json: bool


@submit.command()
def asins(  # noqa: PLR0913  one parameter per option
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
    strict: Annotated[bool, typer.Option("--strict", help="Refuse all when one of them names no product.")] = False,
    target_margin: TargetMargin = None,
    japan_shipping: JapanShipping = None,
    korea_shipping: KoreaShipping = None,
    max_age: MaxAge = None,
    analyze: Analyze = True,
    priority: Priority = None,
    idempotency_key: IdempotencyKey = None,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Collect these products."""
    lines = [*(names or ()), *(read_asins(file) if file else ())]
    if not lines:
        raise CliError("no ASIN given", hint="asinflow submit asins B07WXL5YPW   (or: --file FILE)")
    request = {"type": "BULK_ASIN", "asins": lines, "marketplace": marketplace, "strict": strict or None}
    settings = _settings(target_margin, japan_shipping, korea_shipping, max_age, analyze=analyze)
    _submit(ctx, request, How(settings, priority, idempotency_key, watch, as_json))


@submit.command()
def url(  # noqa: PLR0913  one parameter per option
    ctx: typer.Context,
    *,
    address: Annotated[str, typer.Argument(metavar="URL", help="A product, search, category or bestseller page.")],
    max_results: MaxResults = None,
    target_margin: TargetMargin = None,
    japan_shipping: JapanShipping = None,
    korea_shipping: KoreaShipping = None,
    max_age: MaxAge = None,
    analyze: Analyze = True,
    priority: Priority = None,
    idempotency_key: IdempotencyKey = None,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Collect the products that a page lists, or the one that it shows."""
    settings = _settings(target_margin, japan_shipping, korea_shipping, max_age, analyze=analyze)
    request = {"type": "URL", "url": address, "max_results": max_results}
    _submit(ctx, request, How(settings, priority, idempotency_key, watch, as_json))


@submit.command()
def keyword(  # noqa: PLR0913  one parameter per option
    ctx: typer.Context,
    *,
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What to search for.", show_default=False)],
    marketplace: Marketplace = None,
    max_results: MaxResults = None,
    target_margin: TargetMargin = None,
    japan_shipping: JapanShipping = None,
    korea_shipping: KoreaShipping = None,
    max_age: MaxAge = None,
    analyze: Analyze = True,
    priority: Priority = None,
    idempotency_key: IdempotencyKey = None,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Collect what a search finds."""
    settings = _settings(target_margin, japan_shipping, korea_shipping, max_age, analyze=analyze)
    request = {
        "type": "KEYWORD",
        "keyword": " ".join(words),
        "marketplace": marketplace,
        "max_results": max_results,
    }
    _submit(ctx, request, How(settings, priority, idempotency_key, watch, as_json))


def _settings(
    target_margin: float | None,
    japan_shipping: int | None,
    korea_shipping: int | None,
    max_age: int | None,
    *,
    analyze: bool,
) -> dict[str, Any]:
    """Only what was asked for: the API knows the defaults."""
    return _given(
        {
            "target_margin": target_margin,
            "japan_shipping_jpy": japan_shipping,
            "korea_shipping_krw": korea_shipping,
            "max_age_seconds": max_age,
            "auto_analyze": None if analyze else False,
        }
    )


def _submit(ctx: typer.Context, request: dict[str, Any], how: How) -> None:
    session = session_of(ctx)
    body = _given({**request, "settings": how.settings or None, "priority": how.priority})
    with session.api() as api:
        job = api.ask(calls.submit(body, idempotency_key=how.idempotency_key))
        _show(job, how)
        if how.watch:
            watch_to_its_end(session, api, job["id"], as_json=how.as_json)


def _show(job: Job, how: How) -> None:
    """The new job; with --watch --json as the first event of the stream."""
    if not how.as_json:
        _say_what_was_dropped(job)
        print(f"Job {job['id']}  {job['status']}" if sys.stdout.isatty() or how.watch else job["id"], flush=True)
        if not how.watch:
            print(f"Follow it:  asinflow watch {job['id']}", file=sys.stderr)
    elif how.watch:
        print(json.dumps({"event": "submitted", **job}, ensure_ascii=False), flush=True)
    else:
        print_json(job)


def _say_what_was_dropped(job: Job) -> None:
    counts = job.get("counts") or {}
    if counts.get("duplicate"):
        print(f"{counts['duplicate']} named more than once, taken once", file=sys.stderr)
    if counts.get("invalid"):
        print(
            f"{counts['invalid']} left out, because they name no product (--strict refuses instead):", file=sys.stderr
        )
        for line in (job.get("invalid") or [])[:_MOST_LINES_SHOWN]:
            print(f"  - {plain(line['input'])}: {plain(line['message'])}", file=sys.stderr)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
