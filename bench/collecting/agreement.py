"""Whether Scrapy and Asinflow have read the same off the same pages: else their contest would be none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bson import Decimal128
from pymongo import MongoClient

from bench.programs import BenchError

FIELDS = ("title", "price", "list_price", "rating", "review_count", "images", "features", "categories", "brand")
LEAST = 0.98
Product = dict[str, Any]


def agreement(url: str) -> float:
    """The share of values that both have stored alike of pages of the same title; raises BenchError below 98 %."""
    with MongoClient[Product](url) as client:
        theirs = _by_title(client["peers"]["products"].find())
        ours = _by_title(client["asinflow"]["products"].find())
    return share_alike(ours, theirs)


def share_alike(ours: dict[str, Product], theirs: dict[str, Product]) -> float:
    """By title; raises BenchError below 98 %, naming some of the differences."""
    places = [(title, field) for title in ours.keys() & theirs.keys() for field in FIELDS]
    apart = [place for place in places if not _same(*(each[place[0]].get(place[1]) for each in (ours, theirs)))]
    share = 1 - len(apart) / len(places) if places else 0.0
    if share < LEAST:
        shown = [(field, ours[title].get(field), theirs[title].get(field)) for title, field in apart[:5]]
        raise BenchError(f"only {share:.0%} of the fields are read alike: {shown}")
    return share


def _by_title(products: Iterable[Product]) -> dict[str, Product]:
    return {str(product["title"]): product for product in products}


def _same(one: Any, other: Any) -> bool:
    """Decimals by value; a field that is empty and one that is absent say the same."""
    if isinstance(one, Decimal128) and isinstance(other, Decimal128):
        return bool(one.to_decimal() == other.to_decimal())
    return bool(one == other) or (not one and not other)
