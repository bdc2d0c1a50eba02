"""What the contest's result is held against."""

from __future__ import annotations

from typing import Any

from bench.pipeline.page import render, targets
from bench.pipeline.result import LIMIT, OURS
from bench.plots import Plots
from tests.unit.bench.examples import contest, pipeline, row


def judged(*rows: dict[str, Any]) -> dict[str, bool]:
    result: Any = {"workers": 2, "documents": {}, "contests": [contest(*rows)]}
    return {target.what: target.reached for target in targets(result)}


def test_a_peer_counts_in_its_fastest_form() -> None:
    rows = (row(OURS, 1500.0, kind="ours"), row("Dramatiq group", 900.0), row("Dramatiq counter", 1100.0))
    assert judged(*rows) == {"storing, synced: times Dramatiq counter": False}


def test_what_stores_nothing_is_no_peer_of_what_stores() -> None:
    rows = (row(OURS, 1500.0, kind="ours"), row("FastStream, nothing stored", 1400.0, stores=False))
    assert judged(*rows) == {}


def test_cpu_is_held_against_the_limit_without_indexes() -> None:
    rows = (row(OURS, 1500.0, kind="ours", cpu=151.0), row(LIMIT, 4000.0, kind="limit", cpu=100.0))
    assert judged(*rows) == {"CPU per item, over raw publish + consume + bulk write": False}


def test_whoever_is_faster_or_thriftier_is_told(tmp_path: Any) -> None:
    result: Any = pipeline()
    result["contests"][0]["rows"].append(row("FastStream, nothing stored", 2200.0, stores=False))
    text = render(result, Plots(tmp_path / "plots", "pipeline"))
    assert "- FastStream, nothing stored is 1.10 × as fast with fsync" in text
    assert "- With profit analysis, which is the default, Asinflow itself is 0.9 × as fast with fsync." in text
    assert "- Celery chord is slower but takes 67% of the CPU with fsync." in text


def test_a_target_beyond_the_raw_limit_is_told(tmp_path: Any) -> None:
    result: Any = pipeline()
    assert "more than the raw limit" not in render(result, Plots(tmp_path / "plots", "pipeline"))
    result["contests"][1]["rows"].append(row(LIMIT, 3000.0, kind="limit"))
    assert "only passes on and writes (9.68 ×)." in render(result, Plots(tmp_path / "plots", "pipeline"))
    result["contests"][1]["rows"][-1]["items_per_second"] = 3100.0
    assert "more than the raw limit" not in render(result, Plots(tmp_path / "plots", "pipeline"))
