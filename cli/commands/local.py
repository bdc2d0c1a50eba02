"""`asinflow up`, `down`, `status`, `local` and `demo`: the whole system on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from cli.errors import CliError, ExitCode
from cli.options import Json
from cli.output import Column, aside, print_fields, print_json, print_table
from deploy.local import commands
from deploy.local.demo import demo as run_demo
from deploy.local.errors import LocalError
from deploy.local.observe import unobserve
from deploy.local.program import Status

app = typer.Typer()
local = typer.Typer(help="Start and stop single programs of the local system.", no_args_is_help=True)
app.add_typer(local, name="local")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `asinflow status` lists it: rabbitmq, collector-1…")]

_STYLES = {"running": "green", "not ready": "yellow", "restarting": "yellow", "stopped": "red"}


def _state(program: Status) -> str:
    return "not ready" if program.state == "running" and not program.ready else program.state


COLUMNS: tuple[Column[Status], ...] = (
    Column("NAME", lambda program: program.name),
    Column("STATE", _state, style=lambda program: _STYLES.get(_state(program), "")),
    Column("PID", lambda program: program.pid, align="right"),
    Column("RESTARTS", lambda program: program.restarts, align="right"),
    Column("MEMORY", lambda program: f"{program.memory / 1e6:.1f} MB" if program.memory else "", align="right"),
    Column("PORT", lambda program: program.port, align="right"),
)


@app.command()
def up(as_json: Json = False) -> None:
    """Start the whole system on this machine and leave it running."""
    with _failing():
        endpoints = commands.up(say=_to_stderr)
    if as_json:
        print_json(endpoints)
    else:
        print_fields({name: value for name, value in endpoints.items() if name.endswith("_URL")})
        aside("Try:  asinflow submit keyword ヘッドホン --watch")


@app.command()
def down(as_json: Json = False) -> None:
    """Stop the local system."""
    with _failing():
        unobserve()
        commands.down(say=_to_stderr)
    if as_json:
        print_json([asdict(program) for program in commands.status()])


@app.command()
def status(as_json: Json = False) -> None:
    """Show the programs of the local system."""
    _show_status(as_json=as_json)


@app.command()
def demo() -> None:
    """Start the system, run a job of each type, show the results, stop it again."""
    raise typer.Exit(run_demo())


@local.command("status")
def local_status(as_json: Json = False) -> None:
    """Show the programs of the local system."""
    _show_status(as_json=as_json)


@local.command()
def start(name: Name, as_json: Json = False) -> None:
    """Bring one program back, on the same port and with the same data."""
    with _failing():
        is_ready = commands.start(name)
    if not is_ready:
        raise _failure(f"{name} is started, but is not ready yet", f"tail .run/log/{name}.log")
    _show_status(as_json=as_json, only=name)


@local.command()
def stop(name: Name, as_json: Json = False) -> None:
    """Take one program down and keep it down."""
    with _failing():
        commands.stop(name)
    _show_status(as_json=as_json, only=name)


def _show_status(*, as_json: bool, only: str | None = None) -> None:
    with _failing():
        programs = [program for program in commands.status() if only in (None, program.name)]
    if as_json:
        print_json([asdict(program) for program in programs])
    else:
        print_table(COLUMNS, programs, "Nothing is running:  asinflow up")


def _to_stderr(text: str) -> None:
    aside(text)


def _failure(message: str, hint: str | None = None) -> CliError:
    return CliError(message, code="local", exit_code=ExitCode.FAILED, hint=hint)


@contextmanager
def _failing() -> Iterator[None]:
    """What the local system complains of ends the command with 1."""
    try:
        yield
    except LocalError as error:
        raise _failure(str(error)) from error
