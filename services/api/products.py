"""Lists of products: what may be asked for, and how a page continues where the last one ended. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from services.api import cursors
from services.api.missing import missing_reasons
from services.api.responses import PricePoint, ProductView, to_number
from shared.amazon.addresses import product_url
from shared.amazon.identifiers import Item

_CENT = Decimal("0.01")
MAX_PRICE_CHARACTERS = 34  # digits of a decimal as the database keeps it

SortValue = datetime | Decimal | float | bool | str | None
# What a search looks into.
SEARCHED = ("title", "brand", "asin", "notes")
# Values that are stored under another name, within an analysis.
STORED = {"margin": "analysis.margin_percent", "category": "analysis.category"}


class ProductSort(StrEnum):
    """A leading minus means descending. Products without the value come first when ascending."""

    NEWEST = "-collected_at"
    OLDEST = "collected_at"
    CHEAPEST = "price"
    DEAREST = "-price"
    TITLE = "title"
    TITLE_DOWN = "-title"
    CHANGED = "-price_changed_at"
    FALLEN = "price_change_percent"
    RISEN = "-price_change_percent"
    LEAST_MARGIN = "margin"
    BEST_MARGIN = "-margin"
    CATEGORY = "category"
    CATEGORY_DOWN = "-category"
    FAVORITES_LAST = "favorite"
    FAVORITES = "-favorite"

    @property
    def field(self) -> str:
        """Where the value is stored."""
        name = self.value.removeprefix("-")
        return STORED.get(name, name)

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True)
class Position:
    """The last product of a page: its value in the sort order and its id."""

    value: SortValue
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductQuery:
    sort: ProductSort = ProductSort.NEWEST
    limit: int = 50
    after: Position | None = None
    marketplace: str | None = None
    asin: str | None = None
    job_id: str | None = None
    q: str | None = None
    favorite: bool | None = None
    changed: bool | None = None
    category: str | None = None
    availability: str | None = None
    profitable: bool | None = None
    priced: bool | None = None
    ranges: Mapping[str, tuple[Decimal | float | None, Decimal | float | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """A part of a price history, the newest first: from `since` on, before `until`, below the number `before`."""

    limit: int
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def position(sort: ProductSort, document: Mapping[str, Any]) -> Position:
    """Where a stored product stands in the order."""
    return Position(stored_value(document, sort.field), document["_id"])


def stored_value(document: Mapping[str, Any], name: str) -> Any:
    """The value of a field, which may lie within another one."""
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def encode_position(sort: ProductSort, position: Position) -> str:
    value = position.value
    text = value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)
    return cursors.encode(str(sort), text, position.id)


def decode_position(sort: ProductSort, cursor: str) -> Position:
    """Raises Problem (422) for a cursor of another order."""
    made_for, text, product_id = cursors.decode(cursor, str, (str, type(None)), str)
    if made_for != sort:
        raise cursors.bad_cursor()
    try:
        return Position(_sort_value(sort, text), product_id)
    except (ValueError, OverflowError, InvalidOperation) as error:
        raise cursors.bad_cursor() from error


def _sort_value(sort: ProductSort, text: str | None) -> SortValue:
    if text is None or sort.field in {"title", STORED["category"]}:
        return text
    if sort.field == "favorite":
        return _flag(text)
    if sort.field in {"price_change_percent", STORED["margin"]}:
        return _finite(float(text))
    if sort.field == "price":
        price = Decimal(text)
        if not price.is_finite() or len(text) > MAX_PRICE_CHARACTERS or abs(price.adjusted()) > MAX_PRICE_CHARACTERS:
            raise ValueError("no price")
        return price
    return cursors.moment(text)


def _flag(text: str) -> bool:
    if text not in {"True", "False"}:
        raise ValueError("no flag")
    return text == "True"


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("no number")
    return number


def product_view(document: Mapping[str, Any]) -> ProductView:
    return ProductView.model_validate(product_fields(document))


def product_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a stored product shows of itself."""
    item = Item(document["asin"], document["marketplace"])
    known = {name: document.get(name) for name in ProductView.model_fields if document.get(name) is not None}
    known["analysis"] = _with_numbers(document.get("analysis"))
    known["price_change_percent"] = change_percent(document.get("previous_price"), document.get("price"))
    known["missing"] = missing_reasons(document)
    return {"job_id": None, **known, "url": product_url(item)}


def change_percent(before: Decimal | None, now: Decimal | None) -> Decimal | None:
    """By how much a price rose, in percent with two places; None without both, and after a price of 0."""
    if now is None or not before:
        return None
    return ((now - before) * 100 / before).quantize(_CENT)


def price_point(document: Mapping[str, Any]) -> PricePoint:
    return PricePoint.model_validate({name: document[name] for name in PricePoint.model_fields})


def _with_numbers(value: Any) -> Any:
    """Decimals as JSON numbers, wherever they are in a document whose fields are not known here."""
    if isinstance(value, Decimal):
        return to_number(value)
    if isinstance(value, dict):
        return {name: _with_numbers(part) for name, part in value.items()}
    return [_with_numbers(part) for part in value] if isinstance(value, list) else value
