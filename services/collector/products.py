"""The documents that a parsed page becomes: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any

from services.collector.pricehistory import CHANGE_FIELDS, WATCHED, price_change, same
from services.collector.results import Observation, Result, Task
from shared.amazon.pages import Product, Rank
from shared.mongo import Document
from shared.mongodecimals import to_decimal128
from shared.profit.models import Analysis
from shared.quality import lacking

_FIELDS = tuple(each.name for each in fields(Product))
_values = attrgetter(*_FIELDS)


def page_document(product: Product) -> Document:
    """A parsed page as it is stored: decimals exact, enumerations as their values."""
    values = zip(_FIELDS, _values(product), strict=True)
    return {name: value if type(value) in _AS_THEY_ARE else _stored(value) for name, value in values}


def _stored(value: Any) -> Any:
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    raise TypeError(f"a {type(value).__name__} of a page cannot be stored")


def _sequence(values: Sequence[Any]) -> list[Any]:
    return [value if type(value) in _AS_THEY_ARE else _stored(value) for value in values]


_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
_CONVERSIONS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Decimal, to_decimal128),
    (tuple, _sequence),
    (list, _sequence),
    (StrEnum, lambda value: value.value),
    (Mapping, lambda value: dict(zip(map(str, value), _sequence(list(value.values())), strict=True))),
    (Rank, lambda value: {"rank": value.rank, "category": value.category}),
)


# What of a page an analysis rests on.
JUDGED = ("price", "currency", "weight_g", "categories", "title")


def product_update(
    task: Task, observation: Observation, analysis: Analysis | None, stored: Mapping[str, Any] | None = None
) -> Document:
    """The update that makes this the user's view of the product; favourite and notes stay theirs.

    Without an analysis that of the `stored` product stays if the page says the same as then, and goes if not.
    """
    command = task.command
    stays = analysis is None and stored is not None and _says_the_same(observation.page, stored)
    judged = {} if stays else {"analysis": None if analysis is None else analysis.as_document()}
    fields = {
        **observation.page,
        "user_id": task.job.user_id,
        "marketplace": command.marketplace,
        "asin": command.asin,
        "job_id": command.job_id,
        "collected_at": observation.observed_at,
        **judged,
    }
    created = {"created_at": observation.observed_at, "favorite": False, "notes": ""}
    changed = price_change(observation)
    update: Document = {"$set": {**fields, **changed}, "$setOnInsert": created}
    if not changed:
        update["$unset"] = dict.fromkeys((*CHANGE_FIELDS, "price_change_percent"), "")
    return update


def _says_the_same(page: Document, stored: Mapping[str, Any]) -> bool:
    return all(name in stored and same(page.get(name), stored[name]) for name in JUDGED)


def new_product(key: str, update: Document) -> Document:
    """The document that this update would make under `key` where there is none yet."""
    return {"_id": key, **update["$set"], **update["$setOnInsert"]}


def outcome_document(result: Result, attempts: int, at: datetime) -> Document:
    command, seen = result.task.command, result.observation
    lacks = [] if seen is None else lacking(seen.page, result.task.job.settings.get("quality_gate"))
    return {
        "_id": result.task.outcome_id,
        **({"lacking": lacks} if lacks else {}),
        **({} if seen is None else {"seen": {name: seen.page.get(name) for name in WATCHED}}),
        "job_id": command.job_id,
        "run": command.run,
        "seq": command.seq,
        "marketplace": command.marketplace,
        "asin": command.asin,
        "status": str(result.status),
        "attempts": attempts,
        "error": result.error.as_document() if result.error else None,
        "origin": result.origin,
        "processed_at": at,
    }


def cut_to_milliseconds(moment: datetime) -> datetime:
    """As the database keeps it, so that what is read back equals what was written."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
