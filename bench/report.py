"""`python -m bench.report [--quick]`: writes docs/performance.md and its plots from the results alone."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from bench import parts
from bench.markdown import prose, table
from bench.plots import Plots
from bench.results import FULL, QUICK, Place, Record, kept
from bench.targets import Target

QUICK_WORDS = (
    "**These are quick results: few items, few turns, some contestants left out. They show that the harness works.**\n"
)


def render(place: Place) -> str:
    """The page's text; its plots are written anew beside it. Raises ValidationError for a result that is not sound."""
    records = kept(place)
    pages = {name: parts.page(name) for name in records}
    reached = {pages[name].TITLE: pages[name].targets(each.result) for name, each in records.items()}
    for plot in place.plots.glob("*.svg"):
        plot.unlink()
    sections = [_section(name, record, place) for name, record in records.items()]
    quick = [QUICK_WORDS] if any(record.quick for record in records.values()) else []
    return "\n".join(
        [prose("introduction") + "\n", *quick, _targets(reached), *_missing(records), *sections, _how(records)]
    )


def write(place: Place) -> None:
    place.page.parent.mkdir(parents=True, exist_ok=True)
    place.page.write_text(render(place))


def _section(name: str, record: Record, place: Place) -> str:
    page = parts.page(name)
    when = (
        f"Measured on {record.measured_at:%Y-%m-%d} at {_short(record.commit)}, in {record.seconds / 60:.1f} minutes."
    )
    return f"## {page.TITLE}\n\n{when}\n\n{page.render(record.result, Plots(place.plots, name)).strip()}\n"


def _targets(reached: Mapping[str, list[Target]]) -> str:
    rows = [
        (part, target.what, target.wanted, target.measured, "reached" if target.reached else "**not reached**")
        for part, targets in reached.items()
        for target in targets
    ]
    missed = sum(not target.reached for targets in reached.values() for target in targets)
    verdict = f"{len(rows) - missed} of {len(rows)} reached."
    return f"## Targets\n\n{table(('part', 'what', 'wanted', 'measured', ''), rows)}\n\n{verdict}\n"


def _missing(records: Mapping[str, Record]) -> list[str]:
    missing = [name for name in (*parts.PARTS, *parts.ASIDE) if name not in records]
    return [f"Not measured yet: {', '.join(missing)}.\n"] if missing else []


def _how(records: Mapping[str, Record]) -> str:
    """Machine and versions, once for all parts that have the same."""
    told: dict[tuple[Any, ...], list[str]] = {}
    for name, record in records.items():
        facts = (*record.machine.items(), *record.versions.items())
        told.setdefault(facts, []).append(name)
    lists = [
        f"{'All parts' if len(told) == 1 else ', '.join(names)}:\n\n{table(('what', 'which'), facts)}\n"
        for facts, names in told.items()
    ]
    return "\n".join(["## Machine and versions\n", *lists])


def _short(commit: str) -> str:
    """As people name commits, with the mark of a changed one."""
    name, comma, mark = commit.partition(",")
    return f"`{name[:10]}`{comma}{mark}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="of the quick results, below .run/bench-quick")
    place = QUICK if parser.parse_args().quick else FULL
    write(place)
    print(place.page)


if __name__ == "__main__":
    main()
