"""A job's items, and why some of them failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import ItemStatus

ITEM_EXAMPLE: dict[str, Any] = {
    "seq": 17,
    "asin": "B07WXL5YPW",
    "marketplace": "amazon.co.jp",
    "status": "failed",
    "attempts": 1,
    "error": {"code": "not_found", "message": "The marketplace has no such product.", "retryable": False},
    "processed_at": "2026-11-23T06:00:35Z",
    "next_attempt_at": None,
    "origin": "fetched",
}
ERROR_GROUP_EXAMPLE: dict[str, Any] = {
    "code": "not_found",
    "retryable": False,
    "count": 2,
    "message": "The marketplace has no such product.",
}


class ItemErrorView(BaseModel):
    code: str
    message: str
    retryable: bool


class ItemView(BaseModel):
    """One product of a job, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    seq: int = Field(description="Place in the job, from 0")
    asin: str
    marketplace: str
    status: ItemStatus
    attempts: int
    error: ItemErrorView | None
    processed_at: datetime | None
    next_attempt_at: datetime | None = Field(default=None, description="When an item that failed so far is tried again")
    origin: str | None = Field(description="`fetched`, or `reused` when a fresh observation was at hand")


class ItemPage(BaseModel):
    items: list[ItemView]
    next_cursor: str | None


class ErrorGroupView(BaseModel):
    """Failures of one kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [ERROR_GROUP_EXAMPLE]})

    code: str
    retryable: bool
    count: int
    message: str = Field(description="Of one of them")


class ErrorPage(BaseModel):
    groups: list[ErrorGroupView] = Field(description="All failures of the job by kind, the most frequent first")
    items: list[ItemView]
    next_cursor: str | None
