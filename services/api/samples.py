"""Pages whose layout seems to have changed, as operators see them, and how a list of them continues. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api import cursors

SAMPLE_EXAMPLE: dict[str, Any] = {
    "id": "amazon.co.jp:fields_missing:2986920",
    "marketplace": "amazon.co.jp",
    "reason": "fields_missing",
    "missing": ["price"],
    "asin": "B07WXL5YPW",
    "url": "https://www.amazon.co.jp/dp/B07WXL5YPW",
    "status": 200,
    "content_type": "text/html;charset=UTF-8",
    "size": 1482113,
    "stored_size": 243012,
    "at": "2026-11-23T06:00:05Z",
    "expires_at": "2026-12-07T06:00:05Z",
}


class PageSample(BaseModel):
    """A page that was kept; its source is to be had apart."""

    model_config = ConfigDict(json_schema_extra={"examples": [SAMPLE_EXAMPLE]})

    id: str
    marketplace: str
    reason: str = Field(description="`fields_missing`, `last_resort`, `changed_layout` or `malformed`")
    missing: list[str] = Field(description="Fields that pages of this marketplace have, and this one lacks")
    asin: str | None = Field(description="The product asked for; null for a page that lists products")
    url: str
    status: int = Field(description="The HTTP status it came with")
    content_type: str | None
    size: int = Field(description="Bytes of the page")
    stored_size: int = Field(description="Bytes it takes compressed")
    at: datetime
    expires_at: datetime


class PageSamplePage(BaseModel):
    items: list[PageSample]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SamplePosition:
    """The last sample of a page of the list."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuery:
    limit: int
    after: SamplePosition | None = None
    marketplace: str | None = None
    reason: str | None = None


def encode_position(sample: PageSample) -> str:
    return cursors.encode(sample.at.isoformat(), sample.id)


def decode_position(cursor: str) -> SamplePosition:
    """Raises Problem (422) for what is no cursor of this list."""
    text, sample_id = cursors.decode(cursor, str, str)
    try:
        return SamplePosition(cursors.moment(text), sample_id)
    except (ValueError, OverflowError) as error:
        raise cursors.bad_cursor() from error
