"""The parts of the benchmark: which there are, and what each offers (bench/README.md tells how one is written)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import TypeAdapter

from bench.plots import Plots
from bench.targets import Target

# In the order of the page; `make bench` measures them all.
PARTS = ("pipeline", "collecting", "pace", "latency", "growth", "parse")
# Measured only when they are asked for by name, since they take too long.
ASIDE = ("million",)


class Page(Protocol):
    """The module `bench.<part>.page`, which imports nothing that measures."""

    TITLE: str
    # A TypedDict: the shape of what is measured, as JSON keeps it.
    Result: type

    def render(self, result: Any, plots: Plots) -> str:
        """The part's section of the page, without its title."""

    def targets(self, result: Any) -> list[Target]:
        """What the result should come to; empty where nothing is promised."""


class Measuring(Protocol):
    """The module `bench.<part>.part`."""

    def measure(self, quick: bool, run: Path) -> Any:
        """The part's result. `quick` takes well under a minute; `run` is an empty folder that stays for a while."""


def page(name: str) -> Page:
    return cast("Page", importlib.import_module(f"bench.{name}.page"))


def measuring(name: str) -> Measuring:
    return cast("Measuring", importlib.import_module(f"bench.{name}.part"))


def checked(name: str, result: Any) -> Any:
    """The result if it has the shape that the part's page says. Raises pydantic's ValidationError."""
    return TypeAdapter(page(name).Result).validate_python(result)
