"""What the demonstration shows for given jobs and products."""

import io
from typing import Any

import pytest
from rich.console import Console

from deploy.local.demo_view import progress_bars, table_of_jobs, table_of_products

JOB: dict[str, Any] = {
    "type": "BULK_ASIN",
    "status": "COMPLETED",
    "progress": 40,
    "total_items": 40,
    "success_count": 38,
    "error_count": 2,
    "duration_seconds": 4.0,
    "items_per_second": 9.9,
}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_job_shows_its_counts_and_speed(console: Console) -> None:
    console.print(table_of_jobs([JOB]))
    row = next(line for line in shown(console).splitlines() if "BULK_ASIN" in line)
    assert row.split() == ["BULK_ASIN", "COMPLETED", "40", "38", "2", "4.0", "10.0"]


def test_job_without_items_or_duration_is_shown(console: Console) -> None:
    console.print(table_of_jobs([{**JOB, "total_items": 0, "success_count": 0, "duration_seconds": None}]))
    assert "COMPLETED" in shown(console)


def test_product_shows_what_it_has_and_a_dash_for_the_rest(console: Console) -> None:
    full = {"asin": "B0DEM00001", "title": "ヘッドホン", "price": "1980", "currency": "JPY", "weight_g": 250}
    console.print(table_of_products([full, {"asin": "B0DEM00002", "title": None}]))
    first, second = (line for line in shown(console).splitlines() if "B0DEM" in line)
    assert all(text in first for text in ("ヘッドホン", "1980 JPY", "250 g"))
    assert second.count("–") == 5


def test_long_title_is_cut(console: Console) -> None:
    product = {"asin": "B0DEM00001", "title": "very " * 40, "price": "123456", "currency": "JPY", "weight_g": "12000"}
    console.width = 80
    console.print(table_of_products([product]))
    row = next(line for line in shown(console).splitlines() if "very" in line)
    assert all(text in row for text in ("B0DEM00001", "very very", "…", "123456 JPY", "12000 g"))


def test_bars_follow_the_jobs(console: Console) -> None:
    with progress_bars(console, [{**JOB, "status": "PENDING", "total_items": None, "progress": 0}]) as show:
        show([JOB])
    assert "40/40" in shown(console)
    assert "9.9 items/s" in shown(console)
