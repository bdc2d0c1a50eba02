"""Text as a cell of a file that people open in a spreadsheet. Pure."""

from __future__ import annotations

# A cell that begins so is run as a formula (OWASP, CSV Injection), in its full-width forms by Japanese editions, too.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# Dropped or taken for the end of a cell by some, so that what follows begins it.
SKIPPED = "\t\r\n"


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it when a spreadsheet would run it."""
    runs = text.startswith(tuple(SKIPPED)) or text.lstrip().startswith(FORMULA_STARTS)
    return f"'{text}" if runs else text
