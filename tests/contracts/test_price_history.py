"""What the collector writes of prices, whatever interrupts it and however many see the same, the API reads."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from services.api.product_repository import MongoProductStore
from services.api.products import HistoryQuery, ProductQuery, ProductSort
from services.api.repository import ensure_indexes
from services.api.stores import ProductStore
from services.collector.products import page_document
from services.collector.repository import CollectorRepository
from services.collector.results import Observation, Result
from shared.amazon.pages import Availability, Product
from shared.ids import user_product_key
from shared.mongo import Database, Decimal128, connect
from tests.builders import task
from tests.unit.api.builders import HOME, NOW, asin, price_point, product
from tests.unit.api.fakes import FakeProductStore

KEY = f"{HOME}:{asin(0)}"


def seen(price: str | None, minutes: int) -> Observation:
    shown = Product(
        asin=asin(0),
        title="A product",
        price=None if price is None else Decimal(price),
        currency=None if price is None else "JPY",
        availability=Availability.IN_STOCK if price else Availability.UNAVAILABLE,
    )
    return Observation(page_document(shown), NOW + timedelta(minutes=minutes))


@dataclass
class Stores:
    """Two collectors and the API at one database."""

    database: Database
    one: CollectorRepository
    other: CollectorRepository
    api: MongoProductStore

    async def prices(self) -> list[tuple[int, int | None]]:
        """The number and the price of every point, oldest first."""
        points = await self.api.find_price_points(HOME, asin(0), HistoryQuery(limit=100))
        return [(point["n"], None if point["price"] is None else int(point["price"])) for point in reversed(points)]

    async def observed(self) -> dict[str, Any]:
        document = await self.database["observations"].find_one({"_id": KEY})
        assert document is not None
        return document


@pytest.fixture
async def stores(mongo_url: str, mongo_database: str) -> AsyncIterator[Stores]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        stores = Stores(
            database, CollectorRepository(database), CollectorRepository(database), MongoProductStore(database)
        )
        await stores.one.create_indexes()
        await ensure_indexes(database)
        yield stores


async def test_each_change_is_one_point(stores: Stores) -> None:
    for minutes, price in enumerate(["100", "100", "90", None, None, "90.00", "90"]):
        await stores.one.upsert_observations({KEY: seen(price, minutes)})
    assert await stores.prices() == [(1, 100), (2, 90), (3, None), (4, 90)]


async def test_collectors_that_see_the_same_change_write_it_once(stores: Stores) -> None:
    """Both read before either wrote: the slower one meets the point of the faster one."""
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    first = await stores.observed()
    await stores.one.upsert_observations({KEY: seen("90", 1)})
    await stores.database["observations"].replace_one({"_id": KEY}, first)

    points = await stores.other.upsert_observations({KEY: seen("90", 2)})

    assert await stores.prices() == [(1, 100), (2, 90)]
    assert (points[KEY]["n"], points[KEY]["at"]) == (2, NOW + timedelta(minutes=1))
    assert (await stores.observed())["observed_at"] == NOW + timedelta(minutes=2)


async def test_many_at_once_write_each_change_once(stores: Stores) -> None:
    """However their reads and writes fall, no point repeats the one before, and none is missing in between."""
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    collectors = [stores.one, stores.other]
    for minutes, price in ((1, "90"), (2, "80")):
        await asyncio.gather(*(collectors[n % 2].upsert_observations({KEY: seen(price, minutes)}) for n in range(20)))
    assert await stores.prices() == [(1, 100), (2, 90), (3, 80)]

    await asyncio.gather(*(stores.one.upsert_observations({KEY: seen(str(n % 3), 3 + n)}) for n in range(30)))
    numbers, prices = zip(*await stores.prices(), strict=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))
    assert all(before != after for before, after in pairwise(prices))


async def test_slower_collector_with_another_price_goes_on_from_there(stores: Stores) -> None:
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    first = await stores.observed()
    await stores.one.upsert_observations({KEY: seen("90", 1)})
    await stores.database["observations"].replace_one({"_id": KEY}, first)

    points = await stores.other.upsert_observations({KEY: seen("80", 2)})

    assert await stores.prices() == [(1, 100), (2, 90), (3, 80)]
    assert points[KEY]["previous_price"] == Decimal128("90")


async def test_slower_collector_with_an_older_page_leaves_it(stores: Stores) -> None:
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    first = await stores.observed()
    await stores.one.upsert_observations({KEY: seen("90", 3)})
    await stores.database["observations"].replace_one({"_id": KEY}, first)

    points = await stores.other.upsert_observations({KEY: seen("80", 2)})

    assert await stores.prices() == [(1, 100), (2, 90)]
    assert points[KEY]["price"] == Decimal128("90")
    assert (await stores.observed())["observed_at"] == NOW


async def test_crash_between_point_and_page_neither_loses_nor_doubles(stores: Stores) -> None:
    """The message comes again, and the page is fetched again, perhaps with yet another price."""
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    before = await stores.observed()
    for minutes, price, expected in ((2, "90", [(1, 100), (2, 90)]), (3, "80", [(1, 100), (2, 90), (3, 80)])):
        await stores.one.upsert_observations({KEY: seen("90", 1)})
        await stores.database["observations"].replace_one({"_id": KEY}, before)
        await stores.other.upsert_observations({KEY: seen(price, minutes)})
        assert await stores.prices() == expected


async def test_page_overtaken_by_a_newer_one_changes_nothing(stores: Stores) -> None:
    await stores.one.upsert_observations({KEY: seen("100", 0)})
    await stores.one.upsert_observations({KEY: seen("90", 2)})
    points = await stores.other.upsert_observations({KEY: seen("95", 1)})
    assert await stores.prices() == [(1, 100), (2, 90)]
    assert (await stores.observed())["observed_at"] == NOW + timedelta(minutes=2)
    assert points[KEY]["price"] == Decimal128("90")


async def test_writing_again_changes_nothing(stores: Stores) -> None:
    for _ in range(3):
        points = await stores.one.upsert_observations({KEY: seen("100", 0)})
    assert (await stores.prices(), points[KEY]["n"]) == ([(1, 100)], 1)


async def test_products_of_one_batch_have_histories_of_their_own(stores: Stores) -> None:
    keys = [f"{HOME}:{asin(number)}" for number in range(50)]
    await stores.one.upsert_observations({key: seen("100", 0) for key in keys})
    await stores.one.upsert_observations({key: seen("90" if n % 2 else "100", 1) for n, key in enumerate(keys)})
    assert await stores.database["price_history"].count_documents({"n": 2}) == 25
    assert await stores.prices() == [(1, 100)]


async def test_change_of_price_is_found_with_the_users_product(stores: Stores) -> None:
    for minutes, price in enumerate(["100", "90"]):
        points = await stores.one.upsert_observations({KEY: seen(price, minutes)})
        at_point = replace(seen(price, minutes), point=points[KEY])
        await stores.one.upsert_products([(Result(task(0)), at_point, None)], {})
    [found] = await stores.api.find_products("ann", ProductQuery(sort=ProductSort.CHANGED, changed=True))
    assert (found["_id"], found["price"]) == (user_product_key("ann", HOME, asin(0)), 90)
    assert (found["previous_price"], found["price_changed_at"]) == (100, NOW + timedelta(minutes=1))

    points = await stores.one.upsert_observations({KEY: seen(None, 3)})
    await stores.one.upsert_products([(Result(task(0)), replace(seen(None, 3), point=points[KEY]), None)], {})
    assert await stores.api.find_products("ann", ProductQuery(changed=True)) == []


POINTS = [price_point(n, None if n == 3 else str(n)) for n in range(1, 6)] + [price_point(1, "7", number=2)]
PRODUCTS = [
    product(1, collected_at=NOW, previous_price=Decimal(9), price_changed_at=NOW),
    product(2, previous_price=Decimal(9), price_changed_at=NOW + timedelta(hours=2)),
    product(3),
    product(4, previous_price=Decimal(9), price_changed_at=NOW + timedelta(hours=1)),
]


@pytest.fixture(params=["memory", "mongodb"])
async def products(request: pytest.FixtureRequest) -> AsyncIterator[ProductStore]:
    if request.param == "memory":
        store = FakeProductStore(PRODUCTS)
        store.points = list(POINTS)
        yield store
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await ensure_indexes(database)
        await database["products"].insert_many([_stored(document) for document in PRODUCTS])
        await database["price_history"].insert_many([_stored(document) for document in POINTS])
        yield MongoProductStore(database)


def _stored(document: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal128(v) if isinstance(v, Decimal) else v for name, v in document.items()}


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"limit": 9}, [5, 4, 3, 2, 1]),
        ({"limit": 2}, [5, 4]),
        ({"limit": 9, "before": 3}, [2, 1]),
        ({"limit": 9, "since": NOW + timedelta(hours=4)}, [5, 4]),
        ({"limit": 9, "until": NOW + timedelta(hours=4)}, [3, 2, 1]),
        ({"limit": 9, "since": NOW + timedelta(hours=2), "until": NOW + timedelta(hours=4), "before": 3}, [2]),
    ],
)
async def test_points_are_found_newest_first(
    products: ProductStore, wanted: dict[str, Any], numbers: list[int]
) -> None:
    found = await products.find_price_points(HOME, asin(1), HistoryQuery(**wanted))
    assert [point["n"] for point in found] == numbers
    assert all(point["price"] == (None if point["n"] == 3 else point["n"]) for point in found)


@pytest.mark.parametrize(("changed", "numbers"), [(True, {1, 2, 4}), (False, {3}), (None, {1, 2, 3, 4})])
async def test_products_are_filtered_by_change(products: ProductStore, changed: bool | None, numbers: set[int]) -> None:
    found = await products.find_products("ann", ProductQuery(changed=changed))
    assert {p["asin"] for p in found} == {asin(n) for n in numbers}


async def test_changes_are_found_the_latest_first(products: ProductStore) -> None:
    found = await products.find_products("ann", ProductQuery(sort=ProductSort.CHANGED, changed=True))
    assert [p["asin"] for p in found] == [asin(n) for n in (2, 4, 1)]


async def test_analysis_is_stored_for_what_was_read(products: ProductStore) -> None:
    assert await products.set_analysis("ann", HOME, asin(1), NOW, {"analysis": {"status": "complete"}, "resale": {}})
    assert not await products.set_analysis(
        "ann", HOME, asin(1), NOW - timedelta(seconds=1), {"analysis": {"status": "late"}}
    )
    assert not await products.set_analysis("bob", HOME, asin(1), NOW, {"analysis": {"status": "theirs"}})
    found = await products.find_product("ann", HOME, asin(1))
    assert found is not None
    assert found["analysis"] == {"status": "complete"}
