"""Why a field of a product has no value, where that is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What a page may lack; a field that its page does not tell is null.
PAGE_FIELDS = (
    *("title", "price", "currency", "list_price", "brand", "author", "rating", "review_count", "weight_g"),
    *("dimensions_mm", "availability_text", "parent_asin", "seller", "condition", "description"),
)
NOT_FOR_SALE = {
    "unavailable": "not_for_sale",
    "used_only": "sold_used_only",
}
# Without a price these have nothing to go by.
OF_AN_OFFER = ("price", "seller", "condition")


def missing_reasons(product: Mapping[str, Any]) -> dict[str, str]:
    """A stable code per null field, `not_on_page` where nothing more is known; of empty lists only what is known."""
    found = {name: _page_reason(product, name) for name in PAGE_FIELDS if product.get(name) is None}
    found |= {name: str(gap) for name, gap in (product.get("gaps") or {}).items() if not product.get(name)} | found
    if product.get("analysis") is None:
        found["analysis"] = "not_analyzed"
    if product.get("previous_price") is None:
        reason = "never_changed" if product.get("price") is not None else "no_price"
        found |= dict.fromkeys(("previous_price", "price_change_percent", "price_changed_at"), reason)
    return found


def _page_reason(product: Mapping[str, Any], name: str) -> str:
    if name in OF_AN_OFFER and (reason := NOT_FOR_SALE.get(product.get("availability") or "")):
        return reason
    if (gap := (product.get("gaps") or {}).get(name)) is not None:
        return str(gap)
    if name == "list_price" and product.get("price") is not None:
        return "not_reduced"
    if name == "rating" and product.get("review_count") == 0:
        return "no_reviews"
    if name == "currency" and product.get("price") is None:
        return "no_price"
    return "not_on_page"
