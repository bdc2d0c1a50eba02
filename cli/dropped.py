"""What is said of the lines of a list that were left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import aside
from cli.text import plain

_MOST_LINES_SHOWN = 10


def say_what_was_dropped(answer: Mapping[str, Any], strict: str) -> None:
    """Beside the output; `strict` is how to have such a list refused."""
    counts = answer.get("counts") or {}
    if counts.get("duplicate"):
        aside(f"{counts['duplicate']} named more than once, taken once")
    if counts.get("invalid"):
        aside(f"{counts['invalid']} left out, because they name no product ({strict} refuses instead):")
        for line in (answer.get("invalid") or [])[:_MOST_LINES_SHOWN]:
            place = f"line {line['line']}, " if line.get("line") else ""
            aside(f"  - {place}{plain(line['input'])}: {plain(line['message'])}")
