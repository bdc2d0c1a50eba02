"""`asinflow top`: all your jobs under way, live."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from cli.board import View, board
from cli.client import ApiProblem, ApiUnreachable
from cli.documents import Job
from cli.errors import ExitCode
from cli.glance import Glance, Watcher
from cli.keys import Keys
from cli.options import Json
from cli.output import Column, print_json, print_table
from cli.session import session_of
from cli.text import done_of, duration, subject

app = typer.Typer()

_TICK_SECONDS = 0.5
COLUMNS: tuple[Column[Job], ...] = (
    Column("JOB", lambda job: job["id"]),
    Column("STATUS", lambda job: job["status"]),
    Column("DONE", done_of, align="right"),
    Column("ERR", lambda job: job["error_count"], align="right"),
    Column("RATE", lambda job: job.get("items_per_second"), align="right"),
    Column("LEFT", lambda job: duration(job.get("eta_seconds")), align="right"),
    Column("REASON", lambda job: job.get("status_reason")),
    Column("ABOUT", subject),
)


@app.command()
def top(
    ctx: typer.Context,
    *,
    every: Annotated[float, typer.Option(min=1.0, help="Seconds between two looks.")] = 3.0,
    once: Annotated[bool, typer.Option("--once", help="Print how things stand, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Watch all your jobs on one screen, live: how far, how fast, how long still, and what they wait for.

    Jobs that run, wait or are paused, and the latest that ended. Keys: q quits, the arrows choose a job, e hides ended
    ones and shows them again. With a token of an operator also what waits in the queues, and the pace. Into a pipe,
    with --once or --json, how things stand is printed once.
    """
    session = session_of(ctx)
    with session.api() as api, session.api(operator=True) as operator:
        watcher = Watcher(api, operator)
        if once or as_json or not sys.stdout.isatty() or not sys.stdin.isatty():
            _print(watcher.look(), as_json=as_json)
            return
        try:
            Screen(watcher, every, f"asinflow top  {api.base_url}").run()
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def _print(glance: Glance, *, as_json: bool) -> None:
    if as_json:
        behind = glance.behind
        print_json({"jobs": glance.active, "queues": behind and behind.queues, "pace": behind and behind.pace})
    else:
        print_table(COLUMNS, glance.active, "No jobs under way:  asinflow submit --help")


@dataclass
class Screen:
    """The live view, until q is pressed."""

    watcher: Watcher
    every: float
    title: str
    glance: Glance = field(default_factory=Glance)
    view: View = field(default_factory=View)
    trouble: str = ""
    _next: float = 0.0

    def run(self) -> None:
        """Raises what the API raises, unless waiting may heal it."""
        console = Console()
        with ExitStack() as stack:
            self._look()  # a refusal shows on the screen that was there before
            keys = stack.enter_context(Keys())
            live = stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
            while True:
                live.update(self._board(console), refresh=True)
                if not self._obey(keys.wait(_TICK_SECONDS)):
                    return
                if time.monotonic() >= self._next:
                    self._look()

    def _look(self) -> None:
        try:
            self.glance, self.trouble = self.watcher.look(), ""
        except ApiUnreachable as error:
            self._stay(str(error), error)
        except ApiProblem as problem:
            if not problem.retryable and problem.status < 500:
                raise
            self._stay(problem.detail, problem)
        self._next = time.monotonic() + self.every

    def _stay(self, trouble: str, error: Exception) -> None:
        """Go on showing what was seen last; with nothing seen yet there is nothing to show."""
        if not self.glance.jobs:
            raise error
        self.trouble = f"{trouble}; trying again"

    def _obey(self, key: str | None) -> bool:
        """Do as the key says; False: it is to end."""
        match key:
            case "q" | "\x04":
                return False
            case "up" | "k":
                self.view = self.view.moved(-1, self.glance)
            case "down" | "j":
                self.view = self.view.moved(1, self.glance)
            case "e":
                self.view = replace(self.view, ended=not self.view.ended).moved(0, self.glance)
        return True

    def _board(self, console: Console) -> Any:
        size = (console.width, console.height)
        title = f"{self.title}  {datetime.now().astimezone():%H:%M:%S}"
        return board(self.glance, self.view, size, title, self.trouble)
