"""`asinflow parse`: what the parser makes of a saved or kept page. Loads nothing but the parser for a saved one."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from cli.errors import CliError
from cli.inputs import read_file
from cli.options import Json
from cli.why import why_lines
from shared.amazon.pages import explain
from shared.amazon.pages import parse as parse_page

app = typer.Typer()


@app.command()
def parse(
    ctx: typer.Context,
    *,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The saved page, or - for standard input.", show_default=False)
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="The address it was saved from.", show_default=False)] = None,
    status: Annotated[int, typer.Option(min=100, max=599, help="The HTTP status it came with.")] = 200,
    content_type: Annotated[str | None, typer.Option(help="The Content-Type it came with.")] = None,
    sample: Annotated[
        str | None,
        typer.Option(metavar="ID", help="A page that was kept, instead of FILE; `asinflow samples` lists them."),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Add which rule answered for each field, and the others.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the parser makes of a saved or kept page, as one JSON object.

    With --why on a terminal: every field with what each of its rules answered (> taken, = the same, ! another answer).
    """
    if (file is None) == (sample is None):
        raise CliError("give either FILE or --sample ID", hint="asinflow parse page.html --url URL")
    if sample is not None:
        body, about = _fetch(ctx, sample)
    elif file is not None and url is not None:
        body, about = read_file(file), {"url": url, "status": status, "content_type": content_type}
    else:
        raise CliError("--url is missing: the address tells which marketplace the page is of")
    if why:
        page = explain(body, **about)
        if sys.stdout.isatty() and not as_json:
            print("\n".join(why_lines(page)))
            return
    else:
        page = parse_page(body, **about).as_dict()
        del page["trace"]
    print(_safe(json.dumps(page, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str)))


def _fetch(ctx: typer.Context, sample_id: str) -> tuple[bytes, dict[str, Any]]:
    """A kept page and what it came with."""
    # The HTTP client costs more time than parsing a page.
    from cli.client import calls  # noqa: PLC0415
    from cli.session import session_of  # noqa: PLC0415

    with session_of(ctx).api(operator=True) as api:
        about, body = api.ask(calls.page_sample(sample_id)), api.send(calls.page_sample_body(sample_id))
    return body, {name: about[name] for name in ("url", "status", "content_type")}


def _safe(text: str) -> str:
    """Half a character, which a page's scripts may spell out, is none that could be printed."""
    return text.encode("utf-8", "replace").decode("utf-8")
