"""A request becomes items in order, each product once, whatever interrupts the paging."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.expander.expansion import STEP_SECONDS, Expansion, first_url
from shared.amazon.addresses import search_url
from shared.amazon.pages import Listing
from shared.errors import DatabaseUnavailableError, PermanentError, RetryableError
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeClock, FakeSource
from tests.unit.expander.fakes import MemoryExpanderRepository

FIRST = search_url(HOME, "camera")


def page_address(number: int) -> str:
    return search_url(HOME, "camera", number)


def listings(*pages: list[int]) -> dict[str, Listing | Exception]:
    """Pages of a search, each naming the next."""
    return {
        page_address(number): Listing(
            asins=tuple(asin(each) for each in page),
            sponsored_asins=(asin(9_999),),
            next_url=page_address(number + 1) if number < len(pages) else None,
        )
        for number, page in enumerate(pages, 1)
    }


def keys(*numbers: int) -> list[str]:
    return [f"{HOME}:{asin(number)}" for number in numbers]


class Searched:
    """A keyword job over made-up pages."""

    def __init__(self, *pages: list[int], max_results: int = 1000, max_pages: int = 400) -> None:
        request = {"keyword": "camera", "marketplace": HOME, "max_results": max_results}
        self.job = job_document(type="KEYWORD", status="PROCESSING", request=request)
        self.repository = MemoryExpanderRepository(self.job)
        self.source = FakeSource()
        self.source.pages = listings(*pages)
        self.clock = FakeClock()
        self.expansion = Expansion(self.repository, self.source, self.clock, max_pages)

    async def advance(self) -> bool:
        found = await self.repository.find_job(self.job["_id"])
        assert found is not None
        return await self.expansion.advance(found)

    @property
    async def stored(self) -> list[str]:
        """The items by place, proved to be without gap or overlap."""
        total = self.job["total_items"]
        found, _ = await self.repository.find_next(self.job, None, 0, total)
        assert [place for place, _ in found] == list(range(total))
        return [key for _, key in found]


async def test_pages_are_read_to_the_end_in_order() -> None:
    searched = Searched([1, 2, 3], [4, 5], [6])
    assert await searched.advance()
    assert await searched.stored == keys(1, 2, 3, 4, 5, 6)
    assert searched.source.asked == [page_address(1), page_address(2), page_address(3)]


async def test_product_on_several_pages_is_one_item() -> None:
    searched = Searched([1, 2, 1], [2, 3], [1, 4])
    await searched.advance()
    assert await searched.stored == keys(1, 2, 3, 4)


@pytest.mark.parametrize(("limit", "pages_read"), [(1, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
async def test_no_more_is_read_than_asked_for(limit: int, pages_read: int) -> None:
    searched = Searched([1, 2, 3], [4, 5], [6, 7, 8], max_results=limit)
    await searched.advance()
    assert await searched.stored == keys(*range(1, limit + 1))
    assert len(searched.source.asked) == pages_read


async def test_page_without_anything_new_is_the_last() -> None:
    searched = Searched([1, 2], [2, 1], [3])
    await searched.advance()
    assert await searched.stored == keys(1, 2)
    assert len(searched.source.asked) == 2


async def test_pages_read_are_bounded() -> None:
    searched = Searched([1], [2], [3], [4], max_pages=3)
    await searched.advance()
    assert await searched.stored == keys(1, 2, 3)


async def test_search_that_finds_nothing_has_no_items() -> None:
    searched = Searched([])
    assert await searched.advance()
    assert searched.job["total_items"] == 0


async def test_long_listing_is_read_in_steps() -> None:
    searched = Searched([1], [2], [3])
    plain = searched.source.listing

    async def slow(*arguments: Any) -> Listing:
        searched.clock.time += STEP_SECONDS * 0.7
        return await plain(*arguments)

    searched.source.listing = slow  # type: ignore[method-assign, assignment]  # a slow marketplace
    assert not await searched.advance()
    assert searched.job["total_items"] is None
    assert await searched.advance()
    assert await searched.stored == keys(1, 2, 3)
    assert len(searched.source.asked) == 3


@given(st.integers(0, 5), st.sampled_from(["insert_items", "save_expansion", "set_total"]), st.booleans())
async def test_interrupted_paging_goes_on_without_loss(after: int, where: str, changed: bool) -> None:
    """The database goes away at any write, and meanwhile the listing may change."""
    searched = Searched([1, 2, 3], [3, 4, 5], [6, 7])
    repository, calls = searched.repository, 0
    plain = repository._maybe_fail

    def fail_once(method: str) -> None:
        nonlocal calls
        calls += method == where
        if method == where and calls == after + 1:
            raise DatabaseUnavailableError("gone")
        plain(method)

    repository._maybe_fail = fail_once  # type: ignore[method-assign]  # loses the database at one write
    try:
        await searched.advance()
    except DatabaseUnavailableError:
        if changed:
            searched.source.pages = listings([8, 1, 2, 3], [4, 5], [6, 7])
        await searched.advance()

    stored = await searched.stored
    assert len(stored) == len(set(stored))
    assert set(keys(3, 4, 5, 6, 7)) <= set(stored)


async def test_first_page_refused_for_good_is_an_error() -> None:
    searched = Searched([1], [2])
    searched.source.pages[page_address(1)] = PermanentError("gone", code="not_found")
    with pytest.raises(PermanentError):
        await searched.advance()
    assert searched.job["total_items"] is None


async def test_later_page_refused_for_good_ends_the_listing() -> None:
    searched = Searched([1], [2])
    searched.source.pages[page_address(2)] = PermanentError("gone", code="not_found")
    await searched.advance()
    assert await searched.stored == keys(1)


async def test_page_not_to_be_had_now_keeps_its_place() -> None:
    searched = Searched([1], [2])
    answer = searched.source.pages[page_address(2)]
    searched.source.pages[page_address(2)] = RetryableError("busy", code="timeout")
    with pytest.raises(RetryableError):
        await searched.advance()
    searched.source.pages[page_address(2)] = answer
    await searched.advance()
    assert searched.source.asked == [page_address(1), page_address(2), page_address(2)]
    assert await searched.stored == keys(1, 2)


async def test_product_address_is_one_item_without_a_request() -> None:
    job = job_document(type="URL", request={"url": f"https://www.{HOME}/dp/{asin(7)}", "max_results": 10})
    repository, source = MemoryExpanderRepository(job), FakeSource()
    assert await Expansion(repository, source, FakeClock(), 400).advance(job)
    assert (job["total_items"], source.asked) == (1, [])
    assert await repository.find_earlier_keys(job["_id"], 1) == keys(7)


async def test_list_of_products_is_copied_in_order() -> None:
    job = job_document(type="BULK_ASIN")
    repository = MemoryExpanderRepository(job)
    repository.source_keys[job["_id"]] = [keys(3, 1), keys(2)]
    expansion = Expansion(repository, FakeSource(), FakeClock(), 400)
    for _ in range(2):
        assert await expansion.advance(job)
    assert job["total_items"] == 3
    assert await repository.find_earlier_keys(job["_id"], 3) == keys(3, 1, 2)


async def test_total_once_fixed_stays() -> None:
    searched = Searched([1, 2])
    await searched.advance()
    rev = searched.job["rev"]
    searched.source.pages = listings([1, 2, 3])
    await searched.advance()
    assert (searched.job["total_items"], searched.job["rev"]) == (2, rev)


@pytest.mark.parametrize(
    ("kind", "request_", "expected"),
    [
        ("KEYWORD", {"keyword": " instant  camera ", "marketplace": "amazon.de"}, "https://www.amazon.de/s?k="),
        ("URL", {"url": "https://www.amazon.co.jp/s?k=a&page=7"}, "https://www.amazon.co.jp/s?k=a"),
    ],
)
def test_listing_begins_at_its_first_page(kind: str, request_: dict[str, str], expected: str) -> None:
    url = first_url(job_document(type=kind, request=request_))
    assert url.startswith(expected)
    assert "page=" not in url
