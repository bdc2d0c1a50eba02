"""What was measured, when, on which machine and of which commit: one JSON file per part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bench import parts
from deploy.local.folder import ROOT

FIGURES = 6


class Record(BaseModel):
    """A part's result with all that is needed to judge it; `busy_percent` of the CPU was in use before it began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    quick: bool
    measured_at: datetime
    seconds: float
    busy_percent: float
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    result: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where results and the page made of them lie; the page's plots are in a folder named for it."""

    results: Path
    page: Path

    @property
    def plots(self) -> Path:
        return self.page.with_suffix("")

    def file_of(self, part: str) -> Path:
        return self.results / f"{part}.json"


FULL = Place(ROOT / "bench" / "results", ROOT / "docs" / "performance.md")
# Quick results are no record of anything: they never touch the full ones.
QUICK = Place(ROOT / ".run" / "bench-quick" / "results", ROOT / ".run" / "bench-quick" / "performance.md")


def keep(record: Record, place: Place) -> None:
    """Replace the part's file at once. Raises ValidationError when the result is not of the part's shape."""
    parts.checked(record.part, record.result)
    place.results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(_rounded(record.model_dump(mode="json")), indent=1, ensure_ascii=False)
    fresh = place.file_of(record.part).with_suffix(".new")
    fresh.write_text(written + "\n")
    fresh.replace(place.file_of(record.part))


def kept(place: Place) -> dict[str, Record]:
    """The records that there are, by part, in the order of the page. Raises ValidationError for an unsound one."""
    found = {}
    for name in (*parts.PARTS, *parts.ASIDE):
        if place.file_of(name).exists():
            found[name] = Record.model_validate_json(place.file_of(name).read_text())
            parts.checked(name, found[name].result)
    return found


def _rounded(value: Any) -> Any:
    """Figures beyond the sixth are noise and make every difference between two runs harder to read."""
    if isinstance(value, float):
        return float(f"{value:.{FIGURES}g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
