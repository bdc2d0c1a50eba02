"""What the demonstration shows: live bars, a table of products, the figures of each job."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Documents = list[dict[str, Any]]


@contextlib.contextmanager
def progress_bars(console: Console, jobs: Documents) -> Iterator[Callable[[Documents], None]]:
    """One bar per job, in the order of `jobs`; the given function updates them all."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]:>12}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[status]}"),
    )
    with Progress(*columns, console=console) as progress:
        tasks = [progress.add_task(job["type"], total=None, speed="", status=job["status"]) for job in jobs]

        def show(current: Documents) -> None:
            for task, job in zip(tasks, current, strict=True):
                speed = f"{job.get('items_per_second') or 0:.1f} items/s"
                total = job["total_items"] or None
                progress.update(task, total=total, completed=job["progress"], speed=speed, status=job["status"])

        yield show


def table_of_products(products: Documents) -> Table:
    table = Table(title="Some of the products collected", title_justify="left", box=SIMPLE_HEAD, expand=True)
    table.add_column("ASIN", no_wrap=True)
    table.add_column("Title", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("Price", "Rating", "Weight"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Availability", no_wrap=True)
    for product in products:
        table.add_row(
            product["asin"],
            product.get("title") or "–",
            _with_unit(product.get("price"), product.get("currency")),
            _with_unit(product.get("rating"), ""),
            _with_unit(product.get("weight_g"), "g"),
            str(product.get("availability") or "–"),
        )
    return table


def table_of_jobs(jobs: Documents) -> Table:
    table = Table(title="The jobs", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("Type")
    table.add_column("Status")
    for name in ("Total", "Success", "Errors", "Seconds", "Items/s"):
        table.add_column(name, justify="right")
    for job in jobs:
        counts = (str(job[name]) for name in ("total_items", "success_count", "error_count"))
        seconds = job.get("duration_seconds") or 0
        speed = job["total_items"] / seconds if seconds else 0
        table.add_row(job["type"], job["status"], *counts, f"{seconds:.1f}", f"{speed:.1f}")
    return table


def _with_unit(value: object, unit: str | None) -> str:
    return "–" if value is None else f"{value} {unit or ''}".rstrip()
