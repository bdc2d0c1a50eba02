"""What long runs are told by the environment, and where they print."""

import os
import sys

from rich.console import Console

WIDTH = 120


def number_of(name: str, default: int) -> int:
    """The variable as a number; ends the program with an explanation when it is none."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        sys.exit(f"{name} must be a number, not {text!r}")
    return int(text)


def console_of() -> Console:
    """As wide as the terminal, or wide enough for every table."""
    return Console(width=None if sys.stdout.isatty() else WIDTH)
