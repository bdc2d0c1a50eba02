"""How far a long command is, on standard error of a terminal: beside its output, gone when it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

T = TypeVar("T")


def _progress(*columns: object) -> Progress:
    console = Console(stderr=True)
    return Progress(SpinnerColumn(), *columns, console=console, transient=True, disable=not sys.stderr.isatty())  # type: ignore[arg-type]


class Count:
    """A number that rises: rows written, messages deleted."""

    def __init__(self, what: str) -> None:
        self._progress = _progress(TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int) -> None:
        self._progress.update(self._task, completed=done)


def counted(things: Sequence[T], doing: str) -> Iterator[T]:
    """Each of the things, with a bar that says how many are done."""
    with _progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as progress:
        yield from progress.track(things, description=doing)


def sent(pieces: Iterable[bytes], size: int | None) -> Iterator[bytes]:
    """The pieces of an upload of `size` bytes, with a bar that says how many have gone."""
    columns = (TextColumn("uploading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _progress(*columns) as progress:
        task = progress.add_task("uploading", total=size)
        for piece in pieces:
            yield piece
            progress.advance(task, len(piece))
