"""`asinflow queues`: what waits in the broker's queues."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from cli.client import calls
from cli.commands.jobs import show
from cli.documents import Queue
from cli.errors import ExitCode
from cli.options import Json
from cli.output import Column
from cli.session import session_of
from cli.text import duration

app = typer.Typer()


def _rate(name: str) -> Callable[[Queue], str]:
    def read(queue: Queue) -> str:
        value = queue.get(name)
        return "" if value is None else f"{value:.1f}"

    return read


COLUMNS: tuple[Column[Queue], ...] = (
    Column("QUEUE", lambda queue: queue["name"]),
    Column("READY", lambda queue: queue["ready"], align="right"),
    Column("UNACKED", lambda queue: queue["unacknowledged"], align="right"),
    Column("CONSUMERS", lambda queue: queue["consumers"], align="right"),
    Column("IN/S", _rate("publish_rate"), align="right", wide=True),
    Column("OUT/S", _rate("deliver_rate"), align="right", wide=True),
    Column("DONE/S", _rate("ack_rate"), align="right", wide=True),
    Column("OLDEST", lambda queue: duration(queue["oldest_age_seconds"]), align="right", wide=True),
)


@app.command()
def queues(
    ctx: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Show them again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Show what waits in the broker's queues.

    Retry queues and dead letters included; rates only where the API knows the broker's management API. With --json and
    --watch each look is one JSON list.
    """
    session = session_of(ctx)
    with session.api(operator=True) as api:
        try:
            while True:
                found = api.ask(calls.queues())["items"]
                if watch and sys.stdout.isatty() and not as_json:
                    Console().clear()
                show(COLUMNS, found, "There are no queues yet.", as_json=as_json)
                if not watch:
                    return
                session.sleep(every)
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
