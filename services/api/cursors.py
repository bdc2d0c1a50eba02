"""Cursors of paged lists: opaque to clients, and refused when they were not made here."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from services.api.problems import Problem, invalid_field

# A cursor may hold a product's title.
MAX_CHARACTERS = 8_000
MOST = 2**63 - 1


def encode(*parts: str | int | None) -> str:
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type | tuple[type, ...]) -> list[Any]:
    """The parts put in; raises Problem (422) unless they are of `kinds`, in order."""
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        genuine = isinstance(parts, list) and encode(*parts) == cursor
    except (ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not genuine or len(parts) != len(kinds):
        raise bad_cursor()
    if not all(_fits(part, kind) for part, kind in zip(parts, kinds, strict=True)):
        raise bad_cursor()
    return list(parts)


def _fits(part: Any, kind: type | tuple[type, ...]) -> bool:
    """True is no number here, and no number that was given out is larger than a database keeps."""
    if isinstance(part, int) and (isinstance(part, bool) or abs(part) > MOST):
        return False
    return isinstance(part, kind)


def moment(text: str) -> datetime:
    """A time that was put in as `isoformat`, in UTC; raises ValueError or OverflowError for anything else."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no time zone")
    return found.astimezone(UTC)


def decode_moment(cursor: str) -> tuple[datetime, str]:
    """The time and the id that such a cursor is made of; raises Problem (422) for any other."""
    text, last_id = decode(cursor, str, str)
    try:
        return moment(text), last_id
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error


def bad_cursor() -> Problem:
    return invalid_field("cursor", "invalid_cursor", "is not one that this list has given out")
