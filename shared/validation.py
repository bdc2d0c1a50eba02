"""What pydantic's validation errors say, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PREFIX = "Value error, "


def sentence(error: Mapping[str, Any]) -> str:
    """The message of one of `ValidationError.errors()`; that of a rule of ours in its own words alone."""
    return str(error["msg"]).removeprefix(_PREFIX)


def is_none(value: object) -> bool:
    """For members that are left out where there is nothing to say."""
    return value is None
