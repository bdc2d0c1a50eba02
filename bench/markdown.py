"""Prose and tables of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

_PROSE = Path(__file__).with_name("prose")


def prose(name: str, **figures: str) -> str:
    """The text of that name from `bench/prose`, with these figures put into it."""
    return (_PROSE / f"{name}.md").read_text().format(**figures).strip()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; what begins with a figure in every row stands to the right."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    right = [bool(lines) and all(_is_figure(line[place]) for line in lines) for place in range(len(head))]
    rule = ["---:" if each else "---" for each in right]
    return "\n".join(f"| {' | '.join(line)} |" for line in (list(head), rule, *lines))


def _is_figure(cell: str) -> bool:
    return cell.lstrip("+-−~≥≤ *")[:1].isdigit() or cell in ("", "–")
