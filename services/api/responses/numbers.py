"""Numbers as clients get them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer


def to_number(value: Decimal) -> int | float:
    """A JSON number that prints `value` exactly: floats keep 15 digits, more than any price has."""
    return int(value) if value == value.to_integral_value() else float(value)


Number = Annotated[Decimal, PlainSerializer(to_number, return_type=int | float, when_used="json")]
