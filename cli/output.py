"""What commands print: JSON when asked for, tables on a terminal, tab-separated lines into a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.text import plain

T = TypeVar("T")

# Below this many columns a terminal shows only the columns that matter most.
WIDE = 110
_GAP = 2
_LEAST_FLEXIBLE = 10


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its title and how to get its text from a row. `wide` ones are left out on narrow terminals."""

    title: str
    text: Callable[[T], object]
    align: Literal["left", "right"] = "left"
    style: Callable[[T], str] = lambda _: ""
    wraps: bool = False
    flexible: bool = False
    wide: bool = False


def aside(text: str) -> None:
    """Say something beside the output: on standard error, and not before what was printed so far."""
    sys.stdout.flush()
    print(text, file=sys.stderr)


def print_json(document: Any) -> None:
    """One JSON document on standard output: indented for people, on one line for a pipe."""
    print(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str), flush=True)


def print_table(columns: Sequence[Column[T]], rows: Iterable[T], empty: str) -> None:
    """A table for people on a terminal, else tab-separated lines below their titles, in full and without colour."""
    if not sys.stdout.isatty():
        following = iter(rows)
        first = list(islice(following, 1))  # a refusal shows before anything is printed
        print(*(column.title for column in columns), sep="\t")
        for row in chain(first, following):
            print(*(plain(column.text(row)) for column in columns), sep="\t")
        return
    console = Console()
    found = list(rows)
    if not found:
        console.print(empty, highlight=False)
        return
    shown = [column for column in columns if console.width >= WIDE or not column.wide]
    console.print(_table(shown, found, console.width))


def print_fields(fields: Mapping[str, object]) -> None:
    """Names and values below one another; those without a value are left out."""
    known = {name: plain(value) for name, value in fields.items() if value not in (None, "")}
    if not sys.stdout.isatty():
        for name, value in known.items():
            print(name, value, sep="\t")
        return
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in known.items():
        grid.add_row(name, Text(value, style=STATUS_STYLES.get(value, "")))
    Console().print(grid)


def _table(columns: Sequence[Column[T]], rows: Sequence[T], width: int) -> Table:
    """Only flexible columns (cut) and wrapping ones (folded) give way when `width` is small."""
    cells = [[plain(column.text(row)) for column in columns] for row in rows]
    natural = [max(map(cell_len, texts)) for texts in zip([column.title for column in columns], *cells, strict=True)]
    fixed = sum(needed + _GAP for column, needed in zip(columns, natural, strict=True) if not column.flexible)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column, needed in zip(columns, natural, strict=True):
        table.add_column(
            column.title,
            justify=column.align,
            no_wrap=not column.wraps,
            overflow="ellipsis" if column.flexible else "fold",
            min_width=None if column.flexible or column.wraps else needed,
            max_width=max(_LEAST_FLEXIBLE, width - fixed - _GAP) if column.flexible else None,
        )
    for row, texts in zip(rows, cells, strict=True):
        styles = (column.style(row) for column in columns)
        table.add_row(*(Text(text, style=style) for text, style in zip(texts, styles, strict=True)))
    return table


STATUS_STYLES = {
    "COMPLETED": "green",
    "PROCESSING": "cyan",
    "FAILED": "red",
    "CANCELLED": "yellow",
    "PAUSED": "yellow",
    "succeeded": "green",
    "running": "cyan",
    "failed": "red",
    "cancelled": "yellow",
}


def status_style(row: Mapping[str, Any]) -> str:
    """The colour of a job's or an item's status."""
    return STATUS_STYLES.get(str(row.get("status")), "")
