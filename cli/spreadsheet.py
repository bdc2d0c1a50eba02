"""Values as cells of a CSV file that will be opened in a spreadsheet."""

from __future__ import annotations

from typing import Any

# A text that begins with one of these is run as a formula (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet takes for a formula; the parts of a list are separated by " | "."""
    if value is None:
        return ""
    if isinstance(value, list):
        return cell(" | ".join(str(part) for part in value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return str(value)
