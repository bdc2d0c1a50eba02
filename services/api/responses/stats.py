"""A user's jobs and products in figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import JobStatus

STATS_EXAMPLE: dict[str, Any] = {
    "jobs": {"PENDING": 0, "PROCESSING": 1, "PAUSED": 0, "COMPLETED": 41, "FAILED": 0, "CANCELLED": 2},
    "success_rate": 98.2,
    "products": {
        "total": 5210,
        "favorite": 12,
        "profitable": 731,
        "priced": 90,
        "priced_profitable": 64,
        "collected_24h": 420,
        "changed_24h": 17,
    },
    "hours": [{"since": "2026-11-23T05:00:00Z", "jobs": 2, "succeeded": 98, "failed": 2}],
    "days": [{"since": "2026-11-23T00:00:00Z", "jobs": 5, "succeeded": 410, "failed": 10}],
}


class ProductStats(BaseModel):
    total: int
    favorite: int
    profitable: int = Field(
        description="Whose analysis says that the target margin is reached, be it at the recommended price"
    )
    priced: int = Field(description="To which you have given a selling price")
    priced_profitable: int = Field(description="Of those, the ones that reach their target margin at it")
    collected_24h: int
    changed_24h: int = Field(description="Whose price has changed in the last 24 hours")


class Span(BaseModel):
    """Jobs submitted in an hour or a day (UTC), and what their items have come to so far."""

    since: datetime
    jobs: int
    succeeded: int
    failed: int


class Stats(BaseModel):
    """A user's jobs and products in figures, at most a quarter of a minute old."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATS_EXAMPLE]})

    jobs: dict[JobStatus, int]
    success_rate: float | None = Field(description="Percent of the last seven days' finished items that succeeded")
    products: ProductStats
    hours: list[Span] = Field(description="The last 24, the oldest first")
    days: list[Span] = Field(description="The last 7, the oldest first")
