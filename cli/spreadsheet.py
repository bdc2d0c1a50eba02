"""Values as cells of a CSV file that will be opened in a spreadsheet."""

from __future__ import annotations

from typing import Any

from shared.spreadsheets import harmless


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet takes for a formula; the parts of a list are separated by " | "."""
    if value is None:
        return ""
    if isinstance(value, list):
        return cell(" | ".join(str(part) for part in value))
    return harmless(value) if isinstance(value, str) else str(value)
