"""Pages of documentation as a reader works through them: files to save, commands to type, what is to be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
_SAVED = re.compile(r"Save this as `([^`]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ANYTHING = "…"


@dataclass(frozen=True)
class Step:
    """A command, and the lines that it is said to print."""

    command: str
    said: tuple[str, ...]

    def agrees(self, printed: str) -> bool:
        """Whether the lines come in this order, whatever is in between; `…` is anything, white space is one space."""
        lines = iter(_plain(printed).splitlines())
        return all(any(_pattern(said).search(line) for line in lines) for said in self.said if said != _ANYTHING)


def saved(page: str) -> dict[str, str]:
    """The files that a page says to save."""
    return dict(_SAVED.findall(page))


def steps(page: str) -> list[Step]:
    """The commands that a page says to type, in order."""
    found: list[Step] = []
    for block in _CONSOLE.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *said = part.rstrip("\n").split("\n")
            found.append(Step(command, tuple(said)))
    return found


def _plain(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _pattern(said: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in _plain(said).split(_ANYTHING))
    return re.compile("^" + ".*".join(parts))
