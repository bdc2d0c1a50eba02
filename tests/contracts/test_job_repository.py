"""The stores of the API keep their promises in memory and in the database alike."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import pytest

from services.api import repository
from services.api.life_repository import MongoLifeStore
from services.api.lifecycle import LifeStore
from services.api.product_repository import MongoProductStore
from services.api.products import Position, ProductQuery, ProductSort, position
from services.api.records import Idempotency, Job
from services.api.stores import JobStore, ProductStore
from shared.jobs import JobStatus, JobType
from shared.mongo import Decimal128, connect
from tests.unit.api.builders import HOME, NOW, asin, new_job, product
from tests.unit.api.fakes import FakeJobStore, FakeProductStore


class Jobs(JobStore, LifeStore, Protocol):
    """All that is asked of jobs."""


KEY = Idempotency(key="k-1", fingerprint="f-1")


@pytest.fixture(params=["memory", "mongodb"])
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[Jobs]:
    if request.param == "memory":
        yield FakeJobStore()
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await repository.ensure_indexes(database)
        yield MongoLifeStore(database)


async def inserted(jobs: Jobs, **changes: Any) -> Job:
    new = new_job(**changes)
    stored = await jobs.insert_job(new)
    assert stored is not None
    assert stored == await jobs.find_job(new.user_id, new.id)
    return stored


async def test_inserted_job_is_found_as_it_was_meant(jobs: Jobs) -> None:
    new = new_job(idempotency=KEY, type=JobType.KEYWORD, request={"keyword": "$where", "max_results": 5})
    await jobs.insert_job(new)

    found = await jobs.find_job("ann", new.id)

    assert found is not None
    assert (found.id, found.type, dict(found.request), dict(found.settings), found.idempotency) == (
        new.id,
        JobType.KEYWORD,
        {"keyword": "$where", "max_results": 5},
        new.settings,
        KEY,
    )
    assert (found.status, found.run, found.rev, found.fed, found.total_items) == (JobStatus.PENDING, 1, 0, 0, None)
    assert found.created_at.tzinfo is not None
    assert found.created_at == found.updated_at


async def test_job_of_another_user_is_not_found(jobs: Jobs) -> None:
    job = await inserted(jobs)
    assert await jobs.find_job("bob", job.id) is None


async def test_insert_repeated_after_lost_answer_succeeds(jobs: Jobs) -> None:
    new = new_job(idempotency=KEY)
    assert await jobs.insert_job(new)
    assert await jobs.insert_job(new)


async def test_idempotency_key_is_taken_once_per_user(jobs: Jobs) -> None:
    first = await inserted(jobs, idempotency=KEY)
    refused = new_job(idempotency=KEY)

    assert not await jobs.insert_job(refused)
    assert await jobs.find_job("ann", refused.id) is None
    assert await jobs.insert_job(new_job(user_id="bob", idempotency=KEY))
    assert await jobs.find_job_by_key("ann", KEY.key) == first


async def test_jobs_without_key_do_not_collide(jobs: Jobs) -> None:
    await inserted(jobs)
    await inserted(jobs)
    assert len(await jobs.find_jobs("ann", status=None, job_type=None, before=None, limit=9)) == 2


async def test_jobs_come_newest_first_and_page_by_id(jobs: Jobs) -> None:
    ids = [(await inserted(jobs)).id for _ in range(5)]
    await inserted(jobs, user_id="bob")

    first = await jobs.find_jobs("ann", status=None, job_type=None, before=None, limit=2)
    second = await jobs.find_jobs("ann", status=None, job_type=None, before=first[-1].id, limit=9)

    assert [job.id for job in first + second] == ids[::-1]


async def test_jobs_are_filtered_by_status_and_type(jobs: Jobs) -> None:
    keyword = await inserted(jobs, type=JobType.KEYWORD)
    cancelled = await inserted(jobs)
    await jobs.mark_cancelled("ann", cancelled.id)

    by_type = await jobs.find_jobs("ann", status=None, job_type=JobType.KEYWORD, before=None, limit=9)
    by_status = await jobs.find_jobs("ann", status=JobStatus.CANCELLED, job_type=None, before=None, limit=9)
    by_both = await jobs.find_jobs("ann", status=JobStatus.CANCELLED, job_type=JobType.URL, before=None, limit=9)

    assert [job.id for job in by_type] == [keyword.id]
    assert [job.id for job in by_status] == [cancelled.id]
    assert by_both == []


async def test_jobs_are_found_by_tag_and_keep_their_metadata(jobs: Jobs) -> None:
    tagged = await inserted(jobs, tags=("autumn", "$x"), metadata={"a.b": "1", "$c": ""})
    await inserted(jobs)
    await inserted(jobs, user_id="bob", tags=("autumn",))

    found = await jobs.find_jobs("ann", status=None, job_type=None, tag="autumn", before=None, limit=9)

    assert found == [tagged]
    assert (tuple(tagged.tags), dict(tagged.metadata)) == (("autumn", "$x"), {"a.b": "1", "$c": ""})


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("CARDS", {"search"}),
        ("pokemon cards", {"search"}),
        ("カード", {"search"}),
        ("ｶｰﾄﾞ ｃａｒｄｓ", {"search"}),
        ("Bestsellers", {"page"}),
        ("AUTUMN", {"list"}),
        ("order a-17", {"list"}),
        ("cards autumn", set()),
        ("$x", {"list"}),
    ],
)
async def test_jobs_are_found_by_words(jobs: Jobs, q: str, names: set[str]) -> None:
    made = {
        "search": await inserted(jobs, type=JobType.KEYWORD, request={"keyword": "Pokemon Cards カード"}),
        "page": await inserted(jobs, type=JobType.URL, request={"url": "https://www.amazon.co.jp/gp/bestsellers/toys"}),
        "list": await inserted(jobs, tags=("autumn", "$x"), metadata={"order": "A-17"}),
    }
    await inserted(jobs, user_id="bob", request={"keyword": "Pokemon Cards カード"})
    found = await jobs.find_jobs("ann", status=None, job_type=None, q=q, before=None, limit=9)
    assert {job.id for job in found} == {made[name].id for name in names}


async def test_job_is_found_by_its_id(jobs: Jobs) -> None:
    job, _ = await inserted(jobs), await inserted(jobs)
    assert await jobs.find_jobs("ann", status=None, job_type=None, q=job.id.upper(), before=None, limit=9) == [job]


async def test_sources_are_stored_chunk_by_chunk(jobs: Jobs) -> None:
    await jobs.insert_sources("a-job", [f"{HOME}:{asin(n)}" for n in range(2_000)])
    await jobs.insert_sources("a-job", [f"{HOME}:{asin(2_000)}"], first=2)
    await jobs.delete_sources("a-job", 2_001)


async def test_cancelling_ends_the_job_once(jobs: Jobs) -> None:
    job = await inserted(jobs)

    assert await jobs.mark_cancelled("ann", job.id)
    cancelled = await jobs.find_job("ann", job.id)
    assert not await jobs.mark_cancelled("ann", job.id)

    assert cancelled is not None
    assert (cancelled.status, cancelled.rev, cancelled.announced) == (JobStatus.CANCELLED, 1, False)
    assert cancelled.completed_at is not None
    assert cancelled.completed_at >= job.created_at
    assert await jobs.find_job("ann", job.id) == cancelled


async def test_job_of_another_user_cannot_be_cancelled(jobs: Jobs) -> None:
    job = await inserted(jobs)
    assert not await jobs.mark_cancelled("bob", job.id)
    assert await jobs.find_job("ann", job.id) == job


async def test_only_the_run_that_was_announced_is_marked(jobs: Jobs) -> None:
    job = await inserted(jobs)

    await jobs.mark_announced(job.id, run=2)
    before = await jobs.find_job("ann", job.id)
    await jobs.mark_announced(job.id, run=1)
    after = await jobs.find_job("ann", job.id)

    assert before is not None
    assert after is not None
    assert (before.announced, after.announced) == (False, True)


PRODUCTS = [
    product(
        1,
        title="Beta (v1.0)",
        price=Decimal("12.10"),
        favorite=True,
        notes="for the sale",
        analysis={"margin_percent": 12.5, "category": "toys", "is_profitable": True},
    ),
    product(
        2,
        title="alpha",
        brand="Acme",
        price=Decimal("9.99"),
        job_id="other",
        price_change_percent=-5.5,
        analysis={"margin_percent": -3, "category": "books", "is_profitable": False},
        resale={"selling_price_krw": 15_000},
    ),
    product(3, title="Gamma ﾎﾟｹﾓﾝ ＡＢＣ", price=None),
    product(4, title="BETA v1x0", price=Decimal("12.10")),
    product(5, title="Delta ポケモン aBc", price=None, collected_at=NOW + timedelta(seconds=1)),
    product(6, user="bob", title="Beta"),
    product(7, user=f"ann:{HOME}"),
]


@pytest.fixture(params=["memory", "mongodb"])
async def products(request: pytest.FixtureRequest) -> AsyncIterator[ProductStore]:
    if request.param == "memory":
        yield FakeProductStore(PRODUCTS)
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await repository.ensure_indexes(database)
        await database["products"].insert_many(
            [{**p, "price": p["price"] and Decimal128(p["price"])} for p in PRODUCTS]
        )
        yield MongoProductStore(database)


async def test_product_is_found_by_its_owner_only(products: ProductStore) -> None:
    found = await products.find_product("ann", HOME, asin(1))
    assert found is not None
    assert (found["title"], found["price"]) == ("Beta (v1.0)", Decimal("12.10"))
    assert await products.find_product("bob", HOME, asin(1)) is None


async def test_products_are_found_by_id_by_their_owner_only(products: ProductStore) -> None:
    ids = [PRODUCTS[number]["_id"] for number in (0, 1, 5)]
    assert set(await products.find_by_ids("ann", [*ids, "nonsense"])) == set(ids[:2])


async def test_own_fields_are_changed_and_products_deleted_by_their_owner_only(products: ProductStore) -> None:
    assert await products.change("ann", HOME, asin(2), {"favorite": True, "notes": "n"})
    assert not await products.change("bob", HOME, asin(2), {"notes": "theirs"})
    found = await products.find_product("ann", HOME, asin(2))
    assert found is not None
    assert (found["favorite"], found["notes"], found["title"]) == (True, "n", "alpha")
    assert not await products.delete_product("bob", HOME, asin(2))
    assert await products.delete_product("ann", HOME, asin(2))
    assert not await products.delete_product("ann", HOME, asin(2))


async def test_user_named_like_part_of_an_id_sees_nothing_of_others(products: ProductStore) -> None:
    assert await products.find_product("ann", HOME, f"{HOME}:{asin(7)}") is None
    assert await products.find_product(f"ann:{HOME}", HOME, asin(7)) is not None


@pytest.mark.parametrize("sort", list(ProductSort))
async def test_pages_of_any_order_join_to_the_whole_list(products: ProductStore, sort: ProductSort) -> None:
    whole = await products.find_products("ann", ProductQuery(sort=sort, limit=100))
    paged: list[dict[str, Any]] = []
    after: Position | None = None
    while page := await products.find_products("ann", ProductQuery(sort=sort, limit=1, after=after)):
        paged += page
        after = position(sort, page[-1])

    assert [p["_id"] for p in paged] == [p["_id"] for p in whole]
    assert len(whole) == 5


async def test_products_without_price_come_first_when_ascending(products: ProductStore) -> None:
    found = await products.find_products("ann", ProductQuery(sort=ProductSort.CHEAPEST))
    assert [p["asin"] for p in found] == [asin(n) for n in (5, 3, 2, 4, 1)]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"q": "beta"}, {1, 4}),
        ({"q": "v1.0"}, {1}),
        ({"q": "(v"}, {1}),
        ({"favorite": True}, {1}),
        ({"favorite": False}, {2, 3, 4, 5}),
        ({"job_id": "other"}, {2}),
        ({"asin": asin(3), "marketplace": HOME}, {3}),
        ({"marketplace": "amazon.de"}, set()),
        ({"q": "ACME alp"}, {2}),
        ({"q": "sale v1.0"}, {1}),
        ({"q": "ﾎﾟｹﾓﾝ"}, {3, 5}),
        ({"q": "ポケモン"}, {3, 5}),
        ({"q": "Abc"}, {3, 5}),
        ({"q": "ａｂｃ"}, {3, 5}),
        ({"category": "toys"}, {1}),
        ({"profitable": True}, {1}),
        ({"profitable": False}, {2, 3, 4, 5}),
        ({"priced": True}, {2}),
        ({"priced": False}, {1, 3, 4, 5}),
        ({"ranges": {"price": (Decimal(10), None)}}, {1, 4}),
        ({"ranges": {"price": (Decimal("9.9"), Decimal("9.99"))}}, {2}),
        ({"ranges": {"margin": (None, 0.0)}}, {2}),
        ({"ranges": {"margin": (0.0, 20.0), "price": (None, Decimal(13))}}, {1}),
        ({"ranges": {"price_change_percent": (None, -5.0)}}, {2}),
    ],
)
async def test_products_are_filtered(products: ProductStore, wanted: dict[str, Any], numbers: set[int]) -> None:
    found = await products.find_products("ann", ProductQuery(**wanted))
    assert {p["asin"] for p in found} == {asin(number) for number in numbers}
