"""What is read off a page. A field that the page does not have is None or empty, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

PageKind = Literal["product", "listing", "blocked", "unavailable", "not_found", "unknown"]
Advice = Literal["ok", "retry", "final", "slow_down"]


class Availability(StrEnum):
    """Whether the item can be bought now, as the page says."""

    IN_STOCK = "in_stock"
    LOW_STOCK = "low_stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    UNAVAILABLE = "unavailable"
    USED_ONLY = "used_only"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in a bestseller list."""

    rank: int
    category: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product page. Money is in units of `currency`; `dimensions_mm` are the two or three lengths as printed."""

    asin: str | None = None
    parent_asin: str | None = None
    title: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    list_price: Decimal | None = None
    brand: str | None = None
    author: str | None = None
    rating: Decimal | None = None
    review_count: int | None = None
    images: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    weight_g: Decimal | None = None
    dimensions_mm: tuple[Decimal, ...] | None = None
    availability: Availability = Availability.UNKNOWN
    availability_text: str | None = None
    seller: str | None = None
    condition: Literal["new", "used"] | None = None
    variation: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    aplus_images: tuple[str, ...] = ()
    bestseller_ranks: tuple[Rank, ...] = ()
    # Why fields have no value, by field, where the source knows more than that it has none.
    gaps: Mapping[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """The product as plain values for a document store or JSON: decimals as strings, tuples as lists."""
        document: dict[str, Any] = plain_value(self)
        return document


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists products: organic ASINs in page order, advertised ones apart."""

    asins: tuple[str, ...] = ()
    sponsored_asins: tuple[str, ...] = ()
    next_url: str | None = None

    def as_document(self) -> dict[str, Any]:
        """The listing as plain values."""
        document: dict[str, Any] = plain_value(self)
        return document


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is, what to do about it, and what it says.

    `reason` is a stable code; `trace` names for each field the rule that answered.
    """

    kind: PageKind
    reason: str
    advice: Advice
    product: Product | None = None
    listing: Listing | None = None
    trace: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The page as plain values, ready for JSON."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "advice": self.advice,
            "product": self.product.as_document() if self.product else None,
            "listing": self.listing.as_document() if self.listing else None,
            "trace": dict(self.trace),
        }


def plain_value(value: Any) -> Any:
    """`value` as JSON can hold it: decimals as strings, dataclasses as maps, tuples as lists."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, StrEnum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain_value(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value
