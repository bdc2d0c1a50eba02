"""`asinflow pace` and `asinflow services`: how often marketplaces may be asked, and who does it."""

from __future__ import annotations

from typing import Any

import typer

from cli.client import calls
from cli.commands.jobs import show
from cli.options import Json
from cli.output import Column
from cli.session import session_of
from cli.text import duration, moment

app = typer.Typer()

_CIRCUIT_STYLES = {"paused": "yellow", "trying": "yellow", "open": "red"}
_STATE_STYLES = {"up": "green", "resting": "yellow", "down": "red"}

LINES: tuple[Column[dict[str, Any]], ...] = (
    Column("LINE", lambda line: line["line"]),
    Column("STATE", lambda line: line["circuit"], style=lambda line: _CIRCUIT_STYLES.get(line["circuit"], "green")),
    Column("ONE EVERY", lambda line: duration(line["interval_seconds"]), align="right"),
    Column("PAUSED UNTIL", lambda line: moment(line["blocked_until"])),
    Column("BLOCKS", lambda line: line["blocks"] or "", align="right"),
    Column("PAGE TAKES", lambda line: duration(line["fetch_seconds"]), align="right", wide=True),
    Column("REASON", lambda line: line["reason"], flexible=True, wide=True),
)
SERVICES: tuple[Column[dict[str, Any]], ...] = (
    Column("SERVICE", lambda service: service["name"]),
    Column("STATE", lambda service: service["state"], style=lambda service: _STATE_STYLES[service["state"]]),
    Column("CONSUMERS", lambda service: service["consumers"], align="right"),
    Column("WAITING", lambda service: service["waiting"], align="right"),
    Column("LEADER", lambda service: service["leader"], wide=True),
)


@app.command()
def pace(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how often each marketplace may be asked, and which are paused."""
    with session_of(ctx).api(operator=True) as api:
        found = api.ask(calls.pace())["items"]
    show(LINES, found, "No marketplace was asked yet.", as_json=as_json)


@app.command()
def services(ctx: typer.Context, as_json: Json = False) -> None:
    """Show whether each kind of process is there."""
    with session_of(ctx).api(operator=True) as api:
        found = api.ask(calls.services())["items"]
    show(SERVICES, found, "There are no services.", as_json=as_json)
