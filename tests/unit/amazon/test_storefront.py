"""Generated pages of every layout, marketplace and language are read back to exactly what they were made from."""

import random
import re
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from deploy.local.storefront.asins import draw_asin, draw_isbn
from deploy.local.storefront.facts import ProductFacts, facts_for
from deploy.local.storefront.layouts import LAYOUTS
from deploy.local.storefront.listings import Listing
from deploy.local.storefront.marketplaces import MARKETPLACES
from deploy.local.storefront.render import render_product
from deploy.local.storefront.render.errors import render_error
from deploy.local.storefront.render.listing import ListPage, render_listing
from deploy.local.storefront.words import WORDS
from shared.amazon.pages import Product, parse

# States that the storefront tells apart and the parser need not.
STATES = {"no_offer": {"unknown"}, "delayed": {"backorder", "in_stock"}}
SAME = "asin parent_asin title price list_price brand author rating seller features categories description".split()  # noqa: SIM905


def drawn(host: str, layout: str, language: str | None) -> ProductFacts:
    chance = random.Random(f"{host}/{layout}/{language}")
    asin = draw_isbn(chance) if LAYOUTS[layout].book else draw_asin(chance)
    return facts_for(host, asin, layout=layout, language=language)


def read(facts: ProductFacts) -> Product:
    html = render_product(facts)
    body = html if isinstance(html, bytes) else html.encode()
    page = parse(body, url=f"https://www.{facts.host}/dp/{facts.asin}")
    assert (page.kind, page.reason) == ("product", "ok")
    assert page.product is not None
    return page.product


def picture(url: str) -> str:
    found = re.search(r"/I/([^./]+)", url)
    return found[1] if found else url


def assert_near(expected: Decimal | None, found: Decimal | None) -> None:
    """Units are converted, so to within two in a hundred."""
    assert (expected is None) == (found is None)
    assert expected is None or found is None or abs(expected - found) <= expected / 50


def assert_same(facts: ProductFacts, found: Product) -> None:
    assert {name: getattr(facts, name) for name in SAME} == {name: getattr(found, name) for name in SAME}
    assert found.currency == (facts.currency if facts.price is not None else None)
    assert facts.review_count == (found.review_count or 0)
    assert [picture(url) for url in facts.images] == [picture(url) for url in found.images]
    assert found.availability.value in STATES.get(facts.availability, {facts.availability})
    assert (facts.availability_text, dict(facts.variation)) == (found.availability_text, dict(found.variation))
    assert_near(facts.weight_g, found.weight_g)
    assert len(facts.dimensions_mm or ()) == len(found.dimensions_mm or ())
    for expected, length in zip(sorted(facts.dimensions_mm or ()), sorted(found.dimensions_mm or ()), strict=True):
        assert_near(expected, length)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", [None, *WORDS])
def test_japanese_shop_is_read_exactly(layout: str, language: str | None) -> None:
    facts = drawn("amazon.co.jp", layout, language)
    assert_same(facts, read(facts))


@pytest.mark.parametrize("host", MARKETPLACES)
def test_every_marketplace_is_read_exactly(host: str) -> None:
    for layout in LAYOUTS:
        facts = drawn(host, layout, None)
        assert_same(facts, read(facts))


@pytest.mark.parametrize("host", ["amazon.co.jp", "amazon.com", "amazon.de", "amazon.es"])
@pytest.mark.parametrize("kind", Listing)
def test_lists_are_walked_to_their_end(host: str, kind: Listing) -> None:
    number, more = 1, True
    while more:
        drawn_page = ListPage(host, kind, "toys", number)
        page = parse(render_listing(drawn_page).encode(), url=f"https://www.{host}/s?k=toys")
        assert page.listing is not None
        assert (drawn_page.organic, set(drawn_page.sponsored)) == (
            page.listing.asins,
            set(page.listing.sponsored_asins),
        )
        more = page.listing.next_url is not None
        number += 1
    assert number == drawn_page.pages + 1


def test_other_rankings_go_on_where_they_are() -> None:
    drawn_page = ListPage("amazon.fr", Listing.BESTSELLERS, "new-releases/toys", 1)
    page = parse(render_listing(drawn_page).encode(), url="https://www.amazon.fr/gp/new-releases/toys")
    assert page.listing is not None
    assert page.listing.next_url is not None
    assert urlsplit(page.listing.next_url).path.startswith("/gp/new-releases/toys")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("404", "not_found"),
        ("captcha", "captcha"),
        ("continue", "continue_shopping"),
        ("429", "throttled"),
        ("503", "service_unavailable"),
    ],
)
@pytest.mark.parametrize("host", MARKETPLACES)
def test_error_pages_are_recognised_without_their_status(host: str, name: str, reason: str) -> None:
    body = render_error(name, MARKETPLACES[host], "/dp/B07WXL5YPW").encode()
    assert parse(body, url=f"https://www.{host}/dp/B07WXL5YPW").reason == reason
