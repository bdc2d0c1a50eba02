"""The columns of files: of items and of products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.api.exports import Column, Kind
from services.api.responses import ItemErrorView, ItemView, ProductView


def _plain(name: str, kind: Kind) -> Column[Any]:
    return Column(name, kind, lambda row: getattr(row, name))


def _of_error(name: str, kind: Kind) -> Column[ItemView]:
    def cell(item: ItemView) -> Any:
        error: ItemErrorView | None = item.error
        return None if error is None else getattr(error, name)

    return Column(f"error_{name}", kind, cell)


def _of_analysis(name: str, kind: Kind, read: Callable[[Any], Any] = lambda value: value) -> Column[ProductView]:
    def cell(product: ProductView) -> Any:
        value = (product.analysis or {}).get(name)
        return None if value is None else read(value)

    return Column(name, kind, cell)


ITEM_COLUMNS: tuple[Column[ItemView], ...] = (
    _plain("seq", "integer"),
    _plain("asin", "text"),
    _plain("marketplace", "text"),
    Column("status", "text", lambda item: str(item.status)),
    _plain("attempts", "integer"),
    _of_error("code", "text"),
    _of_error("message", "text"),
    _of_error("retryable", "flag"),
    _plain("processed_at", "moment"),
    _plain("origin", "text"),
)

PRODUCT_COLUMNS: tuple[Column[ProductView], ...] = (
    *(_plain(name, "text") for name in ("marketplace", "asin", "url", "title")),
    _plain("price", "number"),
    _plain("currency", "text"),
    _plain("list_price", "number"),
    _plain("previous_price", "number"),
    _plain("price_change_percent", "number"),
    _plain("price_changed_at", "moment"),
    *(_plain(name, "text") for name in ("brand", "author")),
    _plain("rating", "number"),
    _plain("review_count", "integer"),
    *(_plain(name, "text") for name in ("availability", "seller", "condition")),
    _plain("weight_g", "number"),
    _plain("categories", "texts"),
    _plain("images", "texts"),
    Column("category", "text", lambda product: (product.analysis or {}).get("category")),
    *(_of_analysis(n, "integer") for n in ("cost_krw", "recommended_price_krw", "selling_price_krw", "profit_krw")),
    *(_of_analysis(name, "number", float) for name in ("margin_percent", "target_margin")),
    _of_analysis("is_profitable", "flag"),
    _plain("favorite", "flag"),
    _plain("notes", "text"),
    _plain("job_id", "text"),
    *(_plain(name, "moment") for name in ("created_at", "collected_at")),
)

RESULT_COLUMNS: tuple[Column[Any], ...] = (_plain("seq", "integer"), *PRODUCT_COLUMNS)
