"""What changed from one run of a schedule to the next. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.responses import Number

BUYABLE = frozenset({"in_stock", "low_stock", "preorder", "backorder"})
NOT_FOUND = "not_found"


class Change(StrEnum):
    NEW = "new"
    GONE = "gone"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    BACK_IN_STOCK = "back_in_stock"
    OUT_OF_STOCK = "out_of_stock"


@dataclass(frozen=True, slots=True)
class Seen:
    """A product in one run; `error` is why it was not collected."""

    price: Decimal | None = None
    currency: str | None = None
    availability: str | None = None
    error: str | None = None


class ProductDelta(BaseModel):
    """A product that changed; what it was, and what it is."""

    marketplace: str
    asin: str
    changes: list[Change]
    currency: str | None
    price: Number | None
    previous_price: Number | None
    availability: str | None
    previous_availability: str | None


DELTA_EXAMPLE: dict[str, Any] = {
    "job_id": "019aa9f3c8807c60a1f2b3c4d5e6f70b",
    "previous_job_id": "019aa4cd22007c60a1f2b3c4d5e6f70c",
    "counts": {"price_down": 1},
    "items": [
        {
            "marketplace": "amazon.co.jp",
            "asin": "B07WXL5YPW",
            "changes": ["price_down"],
            "currency": "JPY",
            "price": 32978,
            "previous_price": 35978,
            "availability": "in_stock",
            "previous_availability": "in_stock",
        }
    ],
}


class RunDelta(BaseModel):
    """What a run found changed since the run before; without one before, nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [DELTA_EXAMPLE]})

    job_id: str
    previous_job_id: str | None
    counts: dict[str, int] = Field(description="How many products changed in which way")
    items: list[ProductDelta]


def compare(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> Iterator[ProductDelta]:
    """Every product that changed, by key. One that this run failed to collect, for another reason than that the shop
    has it no more, says nothing, nor does one that the run before failed to collect."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        changes = list(_changes(old, new))
        if changes:
            marketplace, asin = key.split(":", 1)
            was, now = old or Seen(), new or Seen()
            yield ProductDelta(
                marketplace=marketplace,
                asin=asin,
                changes=changes,
                currency=now.currency or was.currency,
                price=now.price,
                previous_price=was.price,
                availability=now.availability,
                previous_availability=was.availability,
            )


def _changes(old: Seen | None, new: Seen | None) -> Iterator[Change]:
    if old is None or old.error == NOT_FOUND:
        if new is not None and new.error is None:
            yield Change.NEW
        return
    if old.error is not None:
        return
    if new is None or new.error == NOT_FOUND:
        yield Change.GONE
        return
    if new.error is not None:
        return
    if old.price is not None and new.price is not None and old.currency == new.currency and old.price != new.price:
        yield Change.PRICE_UP if new.price > old.price else Change.PRICE_DOWN
    if (old.availability in BUYABLE) != (new.availability in BUYABLE):
        yield Change.BACK_IN_STOCK if new.availability in BUYABLE else Change.OUT_OF_STOCK


def run_delta(job_id: str, previous: str | None, found: list[ProductDelta], kind: Change | None) -> RunDelta:
    """All changes counted; those of `kind` listed."""
    counts = Counter(str(change) for each in found for change in each.changes)
    items = [each for each in found if kind is None or kind in each.changes]
    return RunDelta(job_id=job_id, previous_job_id=previous, counts=dict(sorted(counts.items())), items=items)
