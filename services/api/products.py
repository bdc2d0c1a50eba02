"""Lists of products: what may be asked for, and how a page continues where the last one ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from services.api import cursors
from services.api.responses import ProductView, to_number
from shared.amazon.addresses import product_url
from shared.amazon.identifiers import Item

MAX_PRICE_CHARACTERS = 34  # digits of a decimal as the database keeps it

SortValue = datetime | Decimal | str | None


class ProductSort(StrEnum):
    """A leading minus means descending. Products without the value come first when ascending."""

    NEWEST = "-collected_at"
    OLDEST = "collected_at"
    CHEAPEST = "price"
    DEAREST = "-price"
    TITLE = "title"
    TITLE_DOWN = "-title"

    @property
    def field(self) -> str:
        return self.value.removeprefix("-")

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


def position(sort: ProductSort, document: Mapping[str, Any]) -> Position:
    """Where a stored product stands in the order."""
    return Position(document.get(sort.field), document["_id"])


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
    if text is None or sort.field == "title":
        return text
    if sort.field == "price":
        price = Decimal(text)
        if not price.is_finite() or len(text) > MAX_PRICE_CHARACTERS or abs(price.adjusted()) > MAX_PRICE_CHARACTERS:
            raise ValueError("no price")
        return price
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)


def product_view(document: dict[str, Any]) -> ProductView:
    item = Item(document["asin"], document["marketplace"])
    known = {name: document.get(name) for name in ProductView.model_fields if document.get(name) is not None}
    known["analysis"] = _with_numbers(document.get("analysis"))
    return ProductView.model_validate({"job_id": None, **known, "url": product_url(item)})


def _with_numbers(value: Any) -> Any:
    """Decimals as JSON numbers, wherever they are in a document whose fields are not known here."""
    if isinstance(value, Decimal):
        return to_number(value)
    if isinstance(value, dict):
        return {name: _with_numbers(part) for name, part in value.items()}
    return [_with_numbers(part) for part in value] if isinstance(value, list) else value
