"""Quotes of CSV, as RFC 4180 has them: one opens a field only at its beginning. Pure."""

from __future__ import annotations

import re

# Up to the quote that closes a field; two quotes are one of its text.
_CLOSING = re.compile(r'(?:[^"]+|"")*+"')


class StrayQuoteError(Exception):
    """The field that earlier lines left open is closed where no field ends."""


def is_open_after(line: str, delimiter: str, *, inside: bool) -> bool:
    """Whether `line` ends within quotes; `inside` says whether it begins so.

    A line that opens and closes a field may go on behind the closing quote (`"5" screen",…`), as spreadsheets read it.
    Raises StrayQuoteError where a field of earlier lines would.
    """
    if not inside and '"' not in line:
        return False
    at, continued = 0, inside
    while True:
        if continued or line.startswith('"', at):
            closing = _CLOSING.match(line, at if continued else at + 1)
            if closing is None:
                return True
            rest = line[closing.end() :].lstrip(" ")
            if continued and rest and not rest.startswith(delimiter):
                raise StrayQuoteError
            at, continued = closing.end(), False
        at = line.find(delimiter, at) + 1
        if not at:
            return False
