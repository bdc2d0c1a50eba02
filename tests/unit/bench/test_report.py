"""The page of the benchmark's results, made of files alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from bench import parts, report
from bench.results import FULL, QUICK, Place, Record, keep, kept
from tests.unit.bench.examples import EXAMPLES, pipeline

MACHINE = {"CPU": "one of some make", "cores": "2"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def record(name: str, *, quick: bool = False) -> Record:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    facts = {
        "measured_at": at,
        "seconds": 61.0,
        "busy_percent": 1.0,
        "commit": COMMIT,
        "machine": MACHINE,
        "versions": {"Python": "3.11"},
    }
    return Record(part=name, quick=quick, result=EXAMPLES[name](), **facts)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """With a result of every part, and the page made of them."""
    folder = tmp_path_factory.mktemp("bench")
    made = Place(folder / "results", folder / "docs" / "performance.md")
    for name in EXAMPLES:
        keep(record(name), made)
    report.write(made)
    return made


def files(place: Place) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.page.parent.rglob("*") if path.is_file()}


def test_every_part_has_an_example_here() -> None:
    assert set(EXAMPLES) == {*parts.PARTS, *parts.ASIDE}


def test_every_part_can_measure() -> None:
    assert all(callable(parts.measuring(name).measure) for name in EXAMPLES)


def test_page_shows_all_parts_and_their_plots(place: Place) -> None:
    text = place.page.read_text()
    titles = [parts.page(name).TITLE for name in EXAMPLES]
    assert [title for title in titles if f"\n## {title}\n" not in text] == []
    shown = set(re.findall(r"\]\(performance/([^)]+)\)", text))
    assert shown == {path.name for path in place.plots.glob("*.svg")} != set()


def test_same_results_make_the_same_files(place: Place) -> None:
    first = files(place)
    report.write(place)
    assert files(place) == first


def test_plots_take_the_colour_of_the_readers_text(place: Place) -> None:
    drawn = (place.plots / "pipeline-synced-speed.svg").read_text()
    assert "prefers-color-scheme:dark" in drawn
    assert "currentColor" in drawn
    assert "#010203" not in drawn
    assert [path.name for path in place.plots.glob("*.svg") if "fill: #ffffff" in path.read_text()] == []


def test_a_target_that_is_not_reached_is_said_so(place: Place) -> None:
    text = place.page.read_text()
    assert "| Pipeline | storing, synced: times Dramatiq counter | ≥ 1.50 × | 1.25 × | **not reached** |" in text


def test_a_result_of_another_shape_is_not_kept(place: Place) -> None:
    before = place.file_of("parse").read_text()
    wrong = record("parse").model_copy(update={"result": {"page_bytes": "many"}})
    with pytest.raises(ValidationError):
        keep(wrong, place)
    assert place.file_of("parse").read_text() == before


def test_a_result_keeps_its_figures_through_the_file(place: Place) -> None:
    assert kept(place)["pipeline"].result == pipeline()


def test_parts_without_a_result_are_named(tmp_path: Path) -> None:
    place = Place(tmp_path / "results", tmp_path / "performance.md")
    keep(record("parse"), place)
    assert "Not measured yet: " in report.render(place)


def test_quick_results_say_so_and_lie_elsewhere(tmp_path: Path) -> None:
    place = Place(tmp_path / "results", tmp_path / "performance.md")
    keep(record("parse", quick=True), place)
    assert "These are quick results" in report.render(place)
    assert {QUICK.results, QUICK.page} & {FULL.results, FULL.page} == set()


def test_the_page_is_what_its_results_make(tmp_path: Path) -> None:
    """`python -m bench.report` writes it."""
    made = Place(FULL.results, tmp_path / "performance.md")
    assert report.render(made) == FULL.page.read_text()
    assert {path.name for path in made.plots.glob("*.svg")} == {path.name for path in FULL.plots.glob("*.svg")}
