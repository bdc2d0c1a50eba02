"""Pages that were kept are few, compressed and found again by the API."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.api.repository import ensure_indexes
from services.api.sample_repository import MongoSampleStore
from services.api.samples import PageSample, SamplePosition, SampleQuery
from services.api.stores import SampleStore
from shared.amazon.pages import Page, Product
from shared.bodies import Packed
from shared.fetch import Answer
from shared.mongo import Binary, Database, connect
from shared.pagesamples import PageSamples, SampleLimits
from tests.fakes import EPOCH, FakeClock
from tests.unit.api.builders import HOME, page_sample
from tests.unit.api.fakes import FakeSampleStore
from tests.waiting import eventually

URL = "https://www.amazon.co.jp/dp/B000000001"
BODY = b"<html>" + b"x" * 10_000
ANSWER = Answer(URL, 200, Packed(BODY, "", len(BODY)), "text/html", None, HOME)
CHANGED = Page("unknown", "changed_layout", "final", product=Product(asin="B000000001"), trace={"price": "a-rule"})
LIMITS = SampleLimits(count=3, days=2.0, seconds=60.0)


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        yield database


async def kept(database: Database, limits: SampleLimits = LIMITS, times: int = 1, step: float = 60.0) -> FakeClock:
    """Offer a page `times` times, `step` seconds apart."""
    clock = FakeClock()
    samples = PageSamples(database, limits, clock)
    for _ in range(times):
        samples.offer(ANSWER, CHANGED, HOME, "B000000001")
        await samples.close()
        clock.time += step
    return clock


async def test_kept_page_is_read_back_as_it_came(database: Database) -> None:
    await kept(database)
    store = MongoSampleStore(database)
    [sample] = await store.find_samples(SampleQuery(limit=9))
    body = await store.find_body(sample.id)

    assert body is not None
    assert gzip.decompress(body) == ANSWER.body
    assert (sample.marketplace, sample.reason, sample.asin) == (HOME, "changed_layout", "B000000001")
    assert sample.missing == ["title", "images", "categories", "availability_text"]
    assert (sample.url, sample.status, sample.content_type) == (URL, 200, "text/html")
    assert (sample.size, sample.stored_size) == (len(ANSWER.body), len(body))
    assert sample.expires_at - sample.at == timedelta(days=2)
    assert await store.find_sample(sample.id) == sample


async def test_old_pages_give_way_to_new_ones(database: Database) -> None:
    clock = await kept(database, times=5)
    found = await MongoSampleStore(database).find_samples(SampleQuery(limit=9))
    newest = EPOCH + timedelta(seconds=clock.time - 60)
    assert [sample.at for sample in found] == [newest - timedelta(minutes=n) for n in range(3)]


async def test_million_changed_pages_are_kept_as_one(database: Database) -> None:
    """In every process and over all of them: the span of time is the id."""
    await asyncio.gather(*(kept(database, times=20, step=0.1) for _ in range(4)))
    assert await database["page_samples"].count_documents({}) == 1


async def test_none_are_kept_when_switched_off(database: Database) -> None:
    await kept(database, replace(LIMITS, count=0))
    assert await database["page_samples"].count_documents({}) == 0


async def test_pages_are_deleted_by_the_database_when_they_expire(database: Database) -> None:
    await kept(database)
    indexes = await database["page_samples"].index_information()
    assert any(i.get("expireAfterSeconds") == 0 and i["key"] == [("expires_at", 1)] for i in indexes.values())


async def test_collecting_goes_on_while_the_database_is_away(unused_tcp_port_factory: Callable[[], int]) -> None:
    url = f"mongodb://127.0.0.1:{unused_tcp_port_factory()}/?serverSelectionTimeoutMS=200"
    async with connect(url, "nowhere", app="test") as nowhere:
        samples = PageSamples(nowhere, LIMITS, FakeClock())
        samples.offer(ANSWER, CHANGED, HOME)
        samples.offer(ANSWER, CHANGED, "amazon.de")
        await eventually(lambda: samples.idle)


SAMPLES = [page_sample(1), page_sample(3), page_sample(2), page_sample(2, id="other", marketplace="amazon.de")]


@pytest.fixture(params=["memory", "mongodb"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SampleStore]:
    if request.param == "memory":
        fake = FakeSampleStore()
        fake.samples, fake.bodies = list(SAMPLES), {SAMPLES[0].id: b"packed"}
        yield fake
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await ensure_indexes(database)
        await database["page_samples"].insert_many([_document(sample) for sample in SAMPLES])
        yield MongoSampleStore(database)


def _document(sample: PageSample) -> dict[str, object]:
    fields = sample.model_dump()
    return {"_id": fields.pop("id"), **fields, "body": Binary(b"packed")}


async def test_pages_of_the_list_join_to_the_whole(store: SampleStore) -> None:
    seen: list[str] = []
    after: SamplePosition | None = None
    while page := await store.find_samples(SampleQuery(limit=1, after=after)):
        seen.append(page[0].id)
        after = SamplePosition(page[0].at, page[0].id)
    assert seen == [page_sample(3).id, "other", page_sample(2).id, page_sample(1).id]


async def test_kept_pages_are_filtered(store: SampleStore) -> None:
    assert [s.id for s in await store.find_samples(SampleQuery(limit=9, marketplace="amazon.de"))] == ["other"]
    assert await store.find_samples(SampleQuery(limit=9, reason="malformed")) == []


async def test_unknown_page_is_not_found(store: SampleStore) -> None:
    assert (await store.find_sample("nothing"), await store.find_body("nothing")) == (None, None)
    assert await store.find_body(SAMPLES[0].id) == b"packed"
