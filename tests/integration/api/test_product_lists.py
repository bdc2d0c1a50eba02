"""Lists of products are read off indexes in any order, and paging is stable while products are written."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.api.product_repository import TEXTS, MongoProductStore
from services.api.products import ProductQuery, ProductSort, position
from services.api.repository import ensure_indexes
from shared.mongo import Database, Decimal128, connect
from tests.integration.api.stored import store_products
from tests.unit.api.builders import HOME, NOW, asin, product

COUNT = 300
PAGE = 20
FILTERS: list[dict[str, Any]] = [
    {"favorite": True},
    {"profitable": True},
    {"changed": True},
    {"changed": False},
    {"favorite": False},
    {"profitable": False},
    {"category": "toys"},
    {"job_id": "a-job"},
    {"ranges": {"margin": (10.0, 20.0)}},
    {"ranges": {"price": (Decimal(10), None)}},
    {"ranges": {"price_change_percent": (None, -5.0)}},
]


def decided(number: int) -> dict[str, Any]:
    """A product with values to sort by, many of them the same, some of them missing."""
    changes: dict[str, Any] = {
        "title": f"Product {number % 40}",
        "price": None if number % 7 == 0 else Decimal128(str(number % 50)),
        "favorite": number % 3 == 0,
        "analysis": None if number % 5 == 0 else {"margin_percent": float(number % 30), "category": f"c{number % 4}"},
        "collected_at": NOW + timedelta(seconds=number % 60),
    }
    if number % 2:
        changes |= {
            "price_change_percent": float(number % 9 - 4),
            "price_changed_at": NOW + timedelta(hours=number % 9),
        }
    return product(number, **changes)


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        await ensure_indexes(database)
        await database["products"].insert_many([decided(number) for number in range(COUNT)])
        await store_products(database, COUNT, user="bob")
        yield database


def stages(plan: Any) -> list[str]:
    """The names of all stages of a plan."""
    if isinstance(plan, list):
        return [name for part in plan for name in stages(part)]
    if not isinstance(plan, Mapping):
        return []
    own = [plan["stage"]] if "stage" in plan else []
    return own + [name for part in plan.values() for name in stages(part)]


async def plan(database: Database, query: ProductQuery) -> list[str]:
    """The stages of all that a list is read with."""
    parts = MongoProductStore(database).parts("ann", query)
    explained = [await part.limit(query.limit).explain() for part in parts]
    return [name for each in explained for name in stages(each["queryPlanner"]["winningPlan"])]


@pytest.mark.parametrize("sort", list(ProductSort))
async def test_list_in_any_order_is_read_off_an_index(database: Database, sort: ProductSort) -> None:
    found = await plan(database, ProductQuery(sort=sort, limit=PAGE))
    assert "COLLSCAN" not in found
    assert "IXSCAN" in found
    half = await MongoProductStore(database).find_products("ann", ProductQuery(sort=sort, limit=COUNT // 2))
    for last in (half[0], half[-1]):
        found = await plan(database, ProductQuery(sort=sort, limit=PAGE, after=position(sort, last)))
        assert "COLLSCAN" not in found or sort.field in TEXTS


@pytest.mark.parametrize("wanted", FILTERS)
async def test_filtered_list_is_read_off_an_index(database: Database, wanted: dict[str, Any]) -> None:
    found = await plan(database, ProductQuery(limit=PAGE, **wanted))
    assert "COLLSCAN" not in found
    assert "IXSCAN" in found


@pytest.mark.parametrize("sort", list(ProductSort))
async def test_paging_misses_and_repeats_nothing_while_products_are_written(
    database: Database, sort: ProductSort
) -> None:
    store, query, seen = MongoProductStore(database), ProductQuery(sort=sort, limit=PAGE), list[str]()
    whole = [found["_id"] for found in await store.find_products("ann", replace(query, limit=COUNT))]
    while page := await store.find_products("ann", query):
        seen += [found["_id"] for found in page]
        query = replace(query, after=position(sort, page[-1]))
        # One comes, one that is still to come goes, and one on the page is written again as it is.
        await database["products"].insert_one(decided(COUNT + len(seen)))
        gone = next((each for each in reversed(whole) if each not in seen), None)
        await database["products"].delete_one({"_id": gone})
        whole = [each for each in whole if each != gone]
        await database["products"].update_one({"_id": page[0]["_id"]}, {"$set": {"notes": "x"}})
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in set(whole)] == whole
    assert all(each.startswith(f"ann:{HOME}:{asin(0)[:2]}") for each in seen)


async def test_file_holds_what_pages_hold_in_every_order(database: Database) -> None:
    store = MongoProductStore(database)
    for sort in ProductSort:
        query = ProductQuery(sort=sort, limit=COUNT)
        whole = await store.find_products("ann", query)
        for after in (None, position(sort, whole[COUNT // 3])):
            file = [found async for block in store.scan_products("ann", replace(query, after=after)) for found in block]
            assert file == (whole if after is None else whole[COUNT // 3 + 1 :]), sort


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pokémon", {1}),
        ("POKÉMON", {1}),
        ("ポケモン", {1}),
        ("$title", {2}),
        (".*", {2}),
        ("b000000002", {2}),
        ("acme ann", {2}),
        ("acme elsewhere", set()),
        ("école", {3}),
        ("éCOLE", {3}),
    ],
)
async def test_words_are_found_wherever_they_stand_in_any_case(database: Database, words: str, found: set[int]) -> None:
    changes: list[dict[str, Any]] = [
        {"title": "Pokémon ポケモン", "brand": None},
        {"title": None, "brand": "ACME $title .*", "notes": "for Ann"},
        {"title": "ÉCOLE"},
    ]
    products = [product(number, "carl", **change) for number, change in enumerate(changes, 1)]
    await database["products"].insert_many(products)
    listed = await MongoProductStore(database).find_products("carl", ProductQuery(q=words))
    assert {int(each["asin"][1:]) for each in listed} == found


async def test_one_product_is_found_in_every_marketplace(database: Database) -> None:
    await database["products"].insert_one({**product(5), "_id": f"ann:amazon.de:{asin(5)}", "marketplace": "amazon.de"})
    store = MongoProductStore(database)
    everywhere = await store.find_products("ann", ProductQuery(asin=asin(5)))
    there = await store.find_products("ann", ProductQuery(asin=asin(5), marketplace="amazon.de"))
    assert {each["marketplace"] for each in everywhere} == {HOME, "amazon.de"}
    assert [each["marketplace"] for each in there] == ["amazon.de"]
