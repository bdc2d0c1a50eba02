"""What routes that make a thing have in common: the key that makes it once, and how the answer tells of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Response

from services.api.routes.paging import header

REPLAYED = "Idempotency-Replayed"
REPLAYED_HEADER: dict[str, Any] = {REPLAYED: header("`true` when this key had already made it")}
IdempotencyKey = Annotated[
    str | None,
    Header(description="Up to 255 characters: for 24 hours, the same key never makes a second one"),
]


def tell_made(response: Response, path: str, *, replayed: bool) -> None:
    """Where it is, and whether an earlier request has made it."""
    response.headers["Location"] = path
    if replayed:
        response.headers[REPLAYED] = "true"
