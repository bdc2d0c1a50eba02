import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from deploy.local.storefront.listings import (
    Listing,
    organic_asins,
    page_count,
    page_size,
    sponsored_asins,
    total_of,
)
from deploy.local.storefront.render.listing import ListPage, render_listing

HOST = "amazon.co.jp"
KEYS = [(Listing.SEARCH, "ノート & ペン"), (Listing.SEARCH, "usb c"), (Listing.CATEGORY, "2127209051")]


def items(page):
    found = page.css('div[data-component-type="s-search-result"]')
    ads = [node.attributes["data-asin"] for node in found if "AdHolder" in node.attributes["class"]]
    organic = [node.attributes["data-asin"] for node in found if "AdHolder" not in node.attributes["class"]]
    return organic, ads


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_walking_through_pages_gives_every_product_once(kind, key):
    seen, number = [], 1
    while True:
        page = LexborHTMLParser(render_listing(ListPage(HOST, kind, key, number)))
        organic, ads = items(page)
        assert tuple(organic) == organic_asins(HOST, kind, key, number)
        assert tuple(ads) == sponsored_asins(HOST, kind, key, number)
        seen += organic
        following = page.css_first("a.s-pagination-next")
        if following is None:
            break
        number += 1
        assert f"page={number}&" in following.attributes["href"]

    assert number == page_count(HOST, kind, key)
    assert len(seen) == len(set(seen)) == total_of(HOST, kind, key)
    assert 60 <= len(seen) <= 400


def test_pages_hold_sixteen_to_fortyeight_products():
    sizes = {page_size(HOST, "search", f"key {number}") for number in range(50)}

    assert sizes == {16, 24, 48}


def test_sponsored_items_are_marked_and_linked_as_such():
    page = LexborHTMLParser(render_listing(ListPage(HOST, Listing.SEARCH, "ノート")))

    ads = page.css("div[data-component-type='s-search-result'].AdHolder")
    assert len(ads) >= 3
    assert all("スポンサー" in ad.text() for ad in ads)
    assert all(ad.css_first("a").attributes["href"].startswith("/sspa/click") for ad in ads)


def test_a_product_can_be_both_advertised_and_ranked():
    assert set(sponsored_asins(HOST, "search", "ノート", 1)) & set(organic_asins(HOST, "search", "ノート", 1))
    assert not set(sponsored_asins(HOST, "search", "ノート", 2)) & set(organic_asins(HOST, "search", "ノート", 2))


def test_a_keyword_with_none_finds_nothing():
    page = LexborHTMLParser(render_listing(ListPage(HOST, Listing.SEARCH, "None such")))

    assert items(page) == ([], [])
    assert page.css_first(".s-no-results-section") is not None
    assert page.css_first(".s-pagination-next") is None
    assert total_of(HOST, "search", "none") == 0


def test_a_page_past_the_end_is_empty():
    assert organic_asins(HOST, "search", "x", 10_000) == ()


@pytest.mark.parametrize("products", [0, 1, 47, 5000])
def test_the_number_of_products_can_be_set(products):
    pages = page_count(HOST, "search", "x", products=products)
    asins = [
        asin for number in range(pages) for asin in organic_asins(HOST, "search", "x", number + 1, products=products)
    ]

    assert len(set(asins)) == len(asins) == products


def test_bestsellers_draw_thirty_and_name_the_rest():
    ranks = []
    for number in (1, 2):
        page = LexborHTMLParser(render_listing(ListPage(HOST, Listing.BESTSELLERS, "toys", number)))
        recs = json.loads(page.css_first("[data-client-recs-list]").attributes["data-client-recs-list"])
        drawn = [node.attributes["id"] for node in page.css("#gridItemRoot .p13n-sc-uncoverable-faceout")]
        assert tuple(rec["id"] for rec in recs) == organic_asins(HOST, "bestsellers", "toys", number)
        assert drawn == [rec["id"] for rec in recs][:30]
        ranks += [int(rec["metadataMap"]["render.zg.rank"]) for rec in recs]
        following = page.css_first(".a-pagination .a-last a")
        assert (following is None) == (number == 2)

    assert ranks == list(range(1, 101))


def test_links_keep_the_language_of_the_page():
    page = LexborHTMLParser(render_listing(ListPage(HOST, Listing.SEARCH, "ノート", language="en")))

    assert page.css_first("a.s-pagination-next").attributes["href"].startswith("/-/en/s?k=%E3%83%8E")
    assert page.css_first("a.s-pagination-next").text() == "Next"
