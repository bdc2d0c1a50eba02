"""Shows a job's progress: a live bar on a terminal, plain lines elsewhere, NDJSON when asked for."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from cli.documents import ENDED, Job
from cli.follow import Update
from cli.output import STATUS_STYLES
from cli.text import done_of, duration, outcome

# Plain lines come at each change of status, and at most this often in between.
LINE_SECONDS = 2.0


class Display(AbstractContextManager["Display"], Protocol):
    """Something that shows updates while its context lasts."""

    def show(self, update: Update) -> None: ...


def display_for(*, as_json: bool) -> Display:
    """The display that suits standard output."""
    if as_json:
        return Ndjson()
    return Bar(Console()) if sys.stdout.isatty() else Lines()


class _Plain:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()


class Ndjson(_Plain):
    """Each update as one line: the whole job, and under `event` what happened."""

    def show(self, update: Update) -> None:
        print(json.dumps({"event": update.event, **update.job}, ensure_ascii=False), flush=True)


class Lines(_Plain):
    """One line per change of status, one every few seconds in between, one sentence at the end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: tuple[float, str] | None = None
        self._ended: Job | None = None

    def __exit__(self, *_: object) -> None:
        if self._ended is not None:
            print(outcome(self._ended), flush=True)

    def show(self, update: Update) -> None:
        job = update.job
        if job["status"] in ENDED:
            self._ended = job  # its final figures may still come
            return
        state = update.event if update.event == "reconnecting" else job["status"]
        now = self._clock()
        if self._last is None or state != self._last[1] or now - self._last[0] >= LINE_SECONDS:
            self._last = (now, state)
            print(_line(state, job), flush=True)


def _line(state: str, job: Job) -> str:
    parts = [state, done_of(job), f"{job['success_count']} collected", f"{job['error_count']} failed"]
    if rate := job.get("items_per_second"):
        parts.append(f"{rate:.1f}/s")
    if (left := job.get("eta_seconds")) is not None:
        parts.append(f"{duration(left)} left")
    if reason := job.get("status_reason"):
        parts.append(reason)
    return "  ".join(parts)


class Bar:
    """A progress bar that fits 80 columns and replaces itself by one sentence when the job has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.fields[state]}", style="bold", markup=False),
            BarColumn(bar_width=None),
            Figures(),
            console=console,
            expand=True,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, state="…", job=None)
        self._job: Job | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if self._job is not None and self._job["status"] in ENDED:
            self._console.print(Text(outcome(self._job), style=STATUS_STYLES[self._job["status"]]))

    def show(self, update: Update) -> None:
        self._job = job = update.job
        state = update.event if update.event == "reconnecting" else job["status"]
        self._progress.update(self._task, total=job["total_items"], completed=job["progress"], state=state, job=job)


class Figures(ProgressColumn):
    """Done of total, failures, speed and time left."""

    def render(self, task: Task) -> Text:
        job: dict[str, Any] | None = task.fields["job"]
        if job is None:
            return Text()
        text = Text(f"{job['progress']}/{'?' if job['total_items'] is None else job['total_items']}")
        if job["error_count"]:
            text.append(f"  {job['error_count']} failed", style="red")
        if rate := job.get("items_per_second"):
            text.append(f"  {rate:.1f}/s", style="dim")
        if (left := job.get("eta_seconds")) is not None:
            text.append(f"  {duration(left)} left", style="dim")
        return text
