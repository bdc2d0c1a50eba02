"""What an item of the Creators API says, as a product: pure. What is absent there is None, never a guess."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from shared.amazon.pages import Availability, Product, Rank
from shared.amazon.pages.product.images import distinct
from shared.amazon.pages.product.names import AUTHOR_ROLES
from shared.amazon.pages.product.states import state_of
from shared.amazon.pages.units import grams, millimetres

Json = Mapping[str, Any]

# What to ask for: everything that a product has a field for.
RESOURCES = (
    "browseNodeInfo.browseNodes",
    "browseNodeInfo.browseNodes.ancestor",
    "browseNodeInfo.browseNodes.salesRank",
    "browseNodeInfo.websiteSalesRank",
    "customerReviews.count",
    "customerReviews.starRating",
    "images.primary.large",
    "images.primary.highRes",
    "images.variants.large",
    "images.variants.highRes",
    "itemInfo.byLineInfo",
    "itemInfo.features",
    "itemInfo.productInfo",
    "itemInfo.title",
    "parentASIN",
    "offersV2.listings.availability",
    "offersV2.listings.condition",
    "offersV2.listings.isBuyBoxWinner",
    "offersV2.listings.merchantInfo",
    "offersV2.listings.price",
)

STATES: Mapping[str, Availability] = {
    "IN_STOCK": Availability.IN_STOCK,
    "IN_STOCK_SCARCE": Availability.LOW_STOCK,
    "LEADTIME": Availability.BACKORDER,
    "AVAILABLE_DATE": Availability.BACKORDER,
    "PREORDER": Availability.PREORDER,
    "OUT_OF_STOCK": Availability.UNAVAILABLE,
    "UNAVAILABLE": Availability.UNAVAILABLE,
}
CONDITIONS: Mapping[str, Literal["new", "used"]] = {
    "new": "new",
    "used": "used",
    "refurbished": "used",
    "collectible": "used",
}
# Struck-out prices that the item was or is sold at; the lowest of the last 30 days is none.
LIST_PRICES = frozenset({"LIST_PRICE", "WAS_PRICE"})
# The spellings of the largest picture, then the next one.
SIZES = ("hiRes", "highRes", "large")
_MOST_DIGITS = 15
_BUYABLE = frozenset({Availability.IN_STOCK, Availability.LOW_STOCK})


# What the interface never tells of a product.
NOT_CARRIED = ("description", "aplus_images")
NOT_FROM_SOURCE = "not_from_source"


def load(text: str) -> Json:
    """The JSON object in `text`, its numbers exact. Raises ValueError when it is none."""
    value = json.loads(text, parse_float=Decimal, parse_constant=lambda _: None)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  the caller tells what is JSON from what is not
    return value


def product_of(item: Json) -> Product:
    """The product that one entry of `itemsResult.items` describes. Never raises on any JSON."""
    offer = _featured(item)
    condition = CONDITIONS.get((_text(offer, "condition", "value") or "").casefold())
    nodes = [node for node in _list(item, "browseNodeInfo", "browseNodes") if isinstance(node, Mapping)]
    asin, parent = _text(item, "asin"), _text(item, "parentASIN")
    count = _number(item, "customerReviews", "count")
    return Product(
        asin=asin,
        parent_asin=parent if parent != asin else None,
        title=_text(item, "itemInfo", "title", "displayValue"),
        **_prices(offer),
        brand=_text(item, "itemInfo", "byLineInfo", "brand", "displayValue"),
        author=_author(item),
        rating=_number(item, "customerReviews", "starRating", "value") if count != 0 else None,
        review_count=int(count) if count is not None else None,
        images=_images(item),
        features=tuple(_strings(_list(item, "itemInfo", "features", "displayValues"))),
        categories=_categories(nodes),
        weight_g=_weight(_at(item, "itemInfo", "productInfo", "itemDimensions", "weight")),
        dimensions_mm=_dimensions(_at(item, "itemInfo", "productInfo", "itemDimensions")),
        availability=_availability(offer, condition),
        availability_text=_text(offer, "availability", "message"),
        seller=_text(offer, "merchantInfo", "name"),
        condition=condition,
        variation=_variation(item),
        bestseller_ranks=tuple(_ranks(_at(item, "browseNodeInfo", "websiteSalesRank"), nodes)),
        gaps=dict.fromkeys(NOT_CARRIED, NOT_FROM_SOURCE),
    )


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: Any, *path: str) -> str | None:
    found = _at(value, *path)
    return found.strip() or None if isinstance(found, str) else None


def _number(value: Any, *path: str) -> Decimal | None:
    """A number that is neither negative nor beyond all measure."""
    found = _at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    number = Decimal(found)
    sensible = number.is_finite() and number >= 0 and abs(number.adjusted()) <= _MOST_DIGITS
    return number if sensible else None


def _list(value: Any, *path: str) -> list[Any]:
    found = _at(value, *path)
    return found if isinstance(found, list) else []


def _strings(values: list[Any]) -> Iterator[str]:
    return (value.strip() for value in values if isinstance(value, str) and value.strip())


def _featured(item: Json) -> Any:
    """The offer that the product's page would show: the winner of the buy box, else the first."""
    offers = _list(item, "offersV2", "listings")
    return next((offer for offer in offers if _at(offer, "isBuyBoxWinner") is True), offers[0] if offers else None)


def _prices(offer: Any) -> dict[str, Any]:
    """Price, currency and list price; a list price not above the price, or in other money, is none."""
    price, currency = _money(_at(offer, "price", "money"))
    listed, listed_currency = _money(_at(offer, "price", "savingBasis", "money"))
    counts = _text(offer, "price", "savingBasis", "savingBasisType") in LIST_PRICES
    if not counts or price is None or listed is None or listed_currency != currency or listed <= price:
        listed = None
    return {"price": price, "currency": currency, "list_price": listed}


def _money(value: Any) -> tuple[Decimal | None, str | None]:
    amount, currency = _number(value, "amount"), _text(value, "currency")
    return (amount, currency) if amount and currency else (None, None)


def _availability(offer: Any, condition: str | None) -> Availability:
    kind = _text(offer, "availability", "type") or ""
    state = STATES.get(kind, Availability.UNKNOWN)
    if kind == "LEADTIME":  # days or months: the message tells
        told = state_of(_text(offer, "availability", "message") or "")
        state = told if told is not Availability.UNKNOWN else state
    return Availability.USED_ONLY if condition == "used" and state in _BUYABLE else state


def _author(item: Json) -> str | None:
    for person in _list(item, "itemInfo", "byLineInfo", "contributors"):
        role = (_text(person, "roleType") or _text(person, "role") or "").casefold()
        if AUTHOR_ROLES.search(role) and (name := _text(person, "name")):
            return name
    return None


def _images(item: Json) -> tuple[str, ...]:
    """Every picture once, at its largest size, the main one first."""
    pictures = [_at(item, "images", "primary"), *_list(item, "images", "variants")]
    found = (next((url for size in SIZES if (url := _text(each, size, "url"))), None) for each in pictures)
    return distinct(found) or ()


def _categories(nodes: list[Json]) -> tuple[str, ...]:
    """The path to the first category that ranks its products: others are campaigns; the first one when none does."""
    node: Any = next((node for node in nodes if _number(node, "salesRank")), nodes[0] if nodes else None)
    path: list[str] = []
    while isinstance(node, Mapping):
        if name := _text(node, "displayName"):
            path.append(name)
        node = node.get("ancestor")
    return tuple(reversed(path))


def _ranks(website: Any, nodes: list[Json]) -> Iterator[Rank]:
    for node in (website, *nodes):
        rank, name = _number(node, "salesRank"), _text(node, "displayName")
        if rank and name:
            yield Rank(int(rank), name)


def _variation(item: Json) -> dict[str, str]:
    pairs = ((_text(each, "name"), _text(each, "value")) for each in _list(item, "variationAttributes"))
    return {name: value for name, value in pairs if name and value}


def _weight(weight: Any) -> Decimal | None:
    printed = _measure(weight)
    return grams(printed, ".") if printed else None


def _dimensions(size: Any) -> tuple[Decimal, ...] | None:
    """Length, width and height; None unless all three are there."""
    sides = [_measure(_at(size, side)) for side in ("length", "width", "height")]
    return millimetres(" x ".join(side for side in sides if side), ".") if all(sides) else None


def _measure(value: Any) -> str | None:
    number, unit = _number(value, "displayValue"), _text(value, "unit")
    return f"{number:f} {unit}" if number and unit else None
