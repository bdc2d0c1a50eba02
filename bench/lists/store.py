"""Fills a database with products as they are collected: whole pages, many alike, some with values missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.dashboard.store import BATCH, USER, key
from shared.mongo import Database, Decimal128
from shared.profit import AnalysisSettings, ProductFacts, Rate, analyze, load_tables

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RATE = Rate(base="JPY", value=Decimal("9.3"), as_of=NOW.date(), source="bench", fetched_at=NOW)
CATEGORIES = ("toys", "books", "kitchen", "fashion_accessories")
WORDS = (
    "wooden",
    "train",
    "set",
    "kettle",
    "camera",
    "bag",
    "ポケモン",
    "限定版",
    "スターター",
    "lamp",
    "desk",
    "rare",
)
KINDS = 1_000


async def store_products(database: Database, count: int, job_id: str, user: str = USER) -> None:
    """The products of the job's items, some thousand bytes each."""
    analyses = [_analysis(kind) for kind in range(KINDS)]
    documents = (_product(user, number, job_id, analyses[number % KINDS]) for number in range(count))
    while batch := [each for _, each in zip(range(BATCH), documents, strict=False)]:
        await database["products"].insert_many(batch)


def _analysis(kind: int) -> dict[str, Any]:
    facts = ProductFacts(price=Decimal(1_000 + 7 * kind), weight_g=Decimal(200 + kind), title="train")
    return analyze(facts, AnalysisSettings(), load_tables(None), {"JPY": RATE}, 20_000 + 90 * kind).as_document()


def _product(user: str, number: int, job_id: str, analysis: dict[str, Any]) -> dict[str, Any]:
    marketplace, asin = key(number).split(":")
    scattered = number * 7_919 % 100_003  # in no order of anything else
    document = {
        "_id": f"{user}:{marketplace}:{asin}",
        "user_id": user,
        "marketplace": marketplace,
        "asin": asin,
        "job_id": job_id if number % 2 else f"{scattered % 50:032x}",
        "title": " ".join(WORDS[(scattered >> shift) % len(WORDS)] for shift in (0, 3, 6, 9)) + f" {scattered % 9_000}",
        "brand": f"brand {scattered % 400}",
        "price": None if number % 37 == 0 else Decimal128(str(500 + scattered % 40_000)),
        "currency": "JPY",
        "availability": "out_of_stock" if number % 11 == 0 else "in_stock",
        "features": [f"{word} " * 12 for word in WORDS[:5]],
        "description": "what there is to say of it. " * 30,
        "images": [f"https://images.example/{number}-{n}.jpg" for n in range(6)],
        "categories": ["Toys & Games", "Vehicles"],
        "weight_g": 200 + number % KINDS,
        "favorite": number % 97 == 0,
        "notes": None,
        "created_at": NOW,
        "collected_at": NOW + timedelta(seconds=scattered),
        "analysis": {**analysis, "category": CATEGORIES[scattered % 4]} if number % 5 else None,
    }
    if number % 3 == 0:
        document |= {
            "previous_price": Decimal128("1000"),
            "price_change_percent": float(scattered % 90 - 45),
            "price_changed_at": NOW + timedelta(seconds=scattered // 2),
        }
    return document


def names(count: int) -> Iterator[str]:
    """Ids of some products, spread over all."""
    for number in range(count // 7, count, count // 3):
        marketplace, asin = key(number).split(":")
        yield f"{USER}:{marketplace}:{asin}"
