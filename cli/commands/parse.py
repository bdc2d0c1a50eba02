"""`asinflow parse`: what the parser makes of a saved page. Loads nothing but the parser."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.options import Json
from shared.amazon.pages import explain
from shared.amazon.pages import parse as parse_page

app = typer.Typer()


@app.command()
def parse(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The saved page, or - for standard input.")],
    url: Annotated[str, typer.Option("--url", help="The address it was saved from.", show_default=False)],
    status: Annotated[int, typer.Option(min=100, max=599, help="The HTTP status it came with.")] = 200,
    content_type: Annotated[str | None, typer.Option(help="The Content-Type it came with.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Add which rule answered for each field, and the others.")] = False,
    _as_json: Json = False,
) -> None:
    """Show what the parser makes of a saved page, as one JSON object."""
    body = _read(file)
    if why:
        page = explain(body, url=url, status=status, content_type=content_type)
    else:
        page = parse_page(body, url=url, status=status, content_type=content_type).as_dict()
        del page["trace"]
    print(json.dumps(page, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str))


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}", code="unreadable_file") from error
