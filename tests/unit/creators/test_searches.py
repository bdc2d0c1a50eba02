"""Which listings the Creators API can answer, and how."""

from __future__ import annotations

from typing import Any

import pytest

from shared.amazon.addresses import page_url, recognise, search_url
from shared.amazon.marketplaces import MARKETPLACES
from shared.creators.searches import MOST_PAGES, listing_of, search_of
from shared.errors import PermanentError
from tests.builders import HOME, asin
from tests.unit.creators.answers import search_answer

SHOP = f"https://www.{HOME}"


def search(path: str) -> dict[str, Any]:
    return search_of(recognise(f"{SHOP}{path}", MARKETPLACES))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/s?k=トミカ+赤", {"keywords": "トミカ 赤"}),
        ("/s?k=lego&page=3", {"keywords": "lego", "itemPage": 3}),
        ("/s?k=lego&i=aps&ref=nb_sb_noss", {"keywords": "lego"}),
        ("/s?k=lego&s=price-asc-rank", {"keywords": "lego", "sortBy": "Price:LowToHigh"}),
        ("/s?k=lego&rh=n%3A13299531", {"keywords": "lego", "browseNodeId": "13299531"}),
        ("/b?node=13299531", {"browseNodeId": "13299531"}),
        ("/s?rh=n%3A13299531&s=review-rank", {"browseNodeId": "13299531", "sortBy": "AvgCustomerReviews"}),
    ],
)
def test_search_is_put_in_the_terms_of_the_api(path: str, expected: dict[str, Any]) -> None:
    asked = {"itemPage": 1, "itemCount": 10, "resources": ["itemInfo.title"], **expected}
    assert search(path) == asked


@pytest.mark.parametrize(
    "path",
    [
        "/gp/bestsellers/toys",
        "/dp/B000000001",
        "/s?k=lego&i=toys",
        "/s?k=lego&rh=n%3A13299531%2Cp_89%3ALEGO",
        "/s?k=lego&low-price=10",
        "/s?k=lego&s=exact-aware-popularity-rank",
        "/s?me=A1VC38T7YXB528",
        "/s?k=lego&page=11",
        "/s?k=lego&page=0",
        "/s?k=" + "x" * 1001,
    ],
)
def test_what_the_api_cannot_answer_is_refused(path: str) -> None:
    with pytest.raises(PermanentError) as caught:
        search(path)
    assert caught.value.code == "unsupported_by_source"


def test_request_is_as_the_library_models_it() -> None:
    models = pytest.importorskip("creatorsapi_python_sdk.models")
    asked = search("/s?k=lego&page=3&s=price-asc-rank&rh=n%3A13299531")
    modelled = models.SearchItemsRequestContent.model_validate({"partnerTag": "mine-22", **asked})
    assert modelled.to_dict() == {"partnerTag": "mine-22", **asked}


@pytest.mark.parametrize(("page", "total", "more"), [(1, 11, True), (1, 10, False), (2, 20, False), (2, 21, True)])
def test_next_page_is_named_while_there_is_one(page: int, total: int, more: bool) -> None:
    address = recognise(page_url(recognise(search_url(HOME, "lego"), MARKETPLACES), page), MARKETPLACES)
    found = [asin(number) for number in range(10)]
    listing = listing_of(search_answer(found, total), address, page)
    assert list(listing.asins) == found
    assert listing.next_url == (search_url(HOME, "lego", page + 1) if more else None)


def test_last_page_of_the_api_is_the_last_one() -> None:
    address = recognise(search_url(HOME, "lego", MOST_PAGES), MARKETPLACES)
    assert listing_of(search_answer([asin(1)], 100_000), address, MOST_PAGES).next_url is None


@pytest.mark.parametrize("answer", [{}, {"searchResult": None}, {"searchResult": {"items": 3}}, search_answer([], 0)])
def test_no_results_are_an_empty_listing(answer: dict[str, Any]) -> None:
    listing = listing_of(answer, recognise(search_url(HOME, "lego"), MARKETPLACES), 1)
    assert (listing.asins, listing.next_url) == ((), None)


def test_what_is_no_asin_is_left_out() -> None:
    listing = listing_of(
        search_answer([asin(1), "x", asin(1), asin(2)], 4), recognise(search_url(HOME, "lego"), MARKETPLACES), 1
    )
    assert listing.asins == (asin(1), asin(2))
