"""`asinflow api`, `expander`, `collector`, `aggregator`, `sweeper`: one process in the foreground."""

from __future__ import annotations

import os
import runpy
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from cli.errors import CliError
from cli.options import Json

app = typer.Typer()

UntilEmpty = Annotated[bool, typer.Option("--until-empty", help="Work off what is waiting, then exit.")]


@app.command()
def api(as_json: Json = False) -> None:
    """Run the HTTP API and the dashboard in the foreground."""
    run("api", as_json=as_json)


@app.command()
def expander(as_json: Json = False) -> None:
    """Run the expander: turns a job into items, feeds them in windows."""
    run("expander", as_json=as_json)


@app.command()
def collector(until_empty: UntilEmpty = False, as_json: Json = False) -> None:
    """Run a collector: fetches, reads and stores products."""
    if until_empty:
        os.environ["ASINFLOW_UNTIL_EMPTY"] = "true"
    run("collector", as_json=as_json)


@app.command()
def aggregator(as_json: Json = False) -> None:
    """Run the aggregator: counts outcomes, exactly once each."""
    run("aggregator", as_json=as_json)


@app.command()
def sweeper(as_json: Json = False) -> None:
    """Run the sweeper: heals what was lost, expires what is stuck."""
    run("sweeper", as_json=as_json)


def run(name: str, *, as_json: bool) -> None:
    """Become `python -m services.<name>`; its logs are for people on a terminal, JSON elsewhere and with --json."""
    module = f"services.{name}.__main__"
    if find_spec(module) is None:
        raise CliError(f"this installation has no process {name}", code="no_process")
    if as_json:
        os.environ["ASINFLOW_LOG_FORMAT"] = "json"
    elif sys.stderr.isatty():
        os.environ.setdefault("ASINFLOW_LOG_FORMAT", "console")
    sys.argv = [f"asinflow {name}"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
