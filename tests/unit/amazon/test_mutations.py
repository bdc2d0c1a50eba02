"""Whole pages of every layout, damaged: price and ASIN are then what they were, or none."""

import random

import pytest
from selectolax.lexbor import LexborHTMLParser

from deploy.local.storefront.facts import ProductFacts
from deploy.local.storefront.layouts import LAYOUTS
from deploy.local.storefront.render import render_product
from shared.amazon.pages import parse
from tests.unit.amazon.test_storefront import drawn

CUTS = 20
DROPS = 12
HOSTS = ("amazon.co.jp", "amazon.com", "amazon.de")


def page_of(facts: ProductFacts) -> bytes:
    html = render_product(facts)
    return html if isinstance(html, bytes) else html.encode()


def assert_true_or_none(facts: ProductFacts, body: bytes, content_type: str | None = None) -> None:
    found = parse(body, url=f"https://www.{facts.host}/dp/{facts.asin}", content_type=content_type).product
    if found is not None:
        assert found.asin in {None, facts.asin}
        assert found.price in {None, facts.price}
        assert found.list_price in {None, facts.list_price}


@pytest.fixture(params=[(host, layout) for host in HOSTS for layout in LAYOUTS], ids="-".join)
def facts(request: pytest.FixtureRequest) -> ProductFacts:
    host, layout = request.param
    return drawn(host, layout, None)


def test_page_cut_anywhere_keeps_price_and_asin_or_has_none(facts: ProductFacts) -> None:
    body = page_of(facts)
    for part in range(1, CUTS):
        assert_true_or_none(facts, body[: len(body) * part // CUTS])


def test_page_without_some_boxes_keeps_price_and_asin_or_has_none(facts: ProductFacts) -> None:
    body, chance = page_of(facts), random.Random(facts.asin)
    for _ in range(DROPS):
        tree = LexborHTMLParser(body)
        boxes = tree.css("#dp [id], #dp [class*='price'], #dp input")
        for box in chance.sample(boxes, k=min(len(boxes), chance.randint(1, 8))):
            box.remove()
        assert_true_or_none(facts, (tree.html or "").encode())


@pytest.mark.parametrize("encoding", ["utf-16", "cp932", "cp1252", "gb18030"])
def test_page_in_another_encoding_keeps_price_and_asin_or_has_none(facts: ProductFacts, encoding: str) -> None:
    body = page_of(facts).decode("utf-8", "replace").encode(encoding, "replace")
    assert_true_or_none(facts, body)
    assert_true_or_none(facts, body, f"text/html; charset={encoding}")
