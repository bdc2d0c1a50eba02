"""Every page says exactly what its facts say."""

import json
import re
from itertools import product

import pytest
from selectolax.lexbor import LexborHTMLParser

from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.layouts import LAYOUTS
from deploy.local.storefront.marketplaces import MARKETPLACES
from deploy.local.storefront.render import render_product
from deploy.local.storefront.words import WORDS
from tests.unit.storefront import readings

HOSTS = ("amazon.co.jp", "amazon.com", "amazon.de", "amazon.es")
ASIN = "B07WXL5YPW"
EVERYWHERE = list(product(HOSTS, LAYOUTS))


def opened(host, layout, asin=ASIN, language=None):
    facts = facts_for(host, asin, layout=layout, language=language)
    return facts, LexborHTMLParser(render_product(facts))


@pytest.mark.parametrize(("host", "layout"), list(product(MARKETPLACES, LAYOUTS)))
def test_prices_and_currency_are_those_of_the_facts(host, layout):
    facts, page = opened(host, layout)

    asked, listed = readings.text_of(page, *readings.PRICE), readings.text_of(page, *readings.LIST_PRICE)
    boxed = readings.text_of(page, *readings.BUY_BOX_PRICE)

    assert (asked and readings.number(asked, host)) == facts.price
    if facts.price is not None:
        assert any(mark in asked for mark in readings.CURRENCY_MARKS[facts.currency].split("|"))
        assert boxed is None or readings.number(boxed, host) == facts.price
    assert (listed and readings.number(listed, host)) == facts.list_price


@pytest.mark.parametrize(("host", "layout"), EVERYWHERE)
def test_texts_are_those_of_the_facts(host, layout):
    facts, page = opened(host, layout)

    assert readings.text_of(page, "#productTitle") == facts.title
    byline = readings.text_of(page, "#bylineInfo .author a", "#bylineInfo")
    assert (facts.brand or facts.author) in byline
    assert facts.author is None or byline == facts.author
    crumbs = page.css("#wayfinding-breadcrumbs_feature_div a:not(#breadcrumb-back-link)")
    assert tuple(node.text().strip() for node in crumbs) == facts.categories
    bullets = page.css("#feature-bullets li:not(.aok-hidden) .a-list-item")
    assert tuple(node.text().strip() for node in bullets) == facts.features
    stock = readings.text_of(page, "#availability")
    assert (stock and readings.clean(stock)) == facts.availability_text
    assert readings.text_of(page, "#productDescription span") == facts.description
    assert readings.text_of(page, "#sellerProfileTriggerId") == facts.seller


@pytest.mark.parametrize(("host", "layout"), EVERYWHERE)
def test_ratings_and_counts_are_those_of_the_facts(host, layout):
    facts, page = opened(host, layout)

    title = page.css_first("#acrPopover")
    if facts.rating is None:
        assert title is None
        assert page.css_first("#acrCustomerReviewText") is None
        return
    numbers = re.sub(r"^5つ星のうち", "", title.attributes["title"])
    assert readings.number(numbers, host) == facts.rating
    assert readings.number(readings.text_of(page, "#acrCustomerReviewText"), host) == facts.review_count


@pytest.mark.parametrize(("host", "layout"), EVERYWHERE)
def test_weights_and_details_are_those_of_the_facts(host, layout):
    facts, page = opened(host, layout)
    words = WORDS[facts.language]

    rows = readings.details(page)

    assert rows.items() >= {label: readings.clean(value) for label, value in facts.details}.items()
    assert readings.weight(rows, (words.weight_label, words.package_label), host) == facts.weight_g


def json_after(html, words):
    return json.JSONDecoder().raw_decode(html.partition(words)[2])[0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pictures_are_those_of_the_facts(layout):
    facts, page = opened("amazon.co.jp", layout)

    if "'colorImages'" in page.html:
        found = [picture["hiRes"] for picture in json_after(page.html, "'colorImages': { 'initial': ")]
    elif "'imageGalleryData'" in page.html:
        found = [picture["mainUrl"] for picture in json_after(page.html, "'imageGalleryData' : ")]
    else:
        main = json.loads(page.css_first("#landingImage").attributes["data-a-dynamic-image"])
        thumbs = [node.attributes["src"] for node in page.css("#altImages img")]
        found = [max(main, key=main.get), *(thumb.replace("_AC_US40_", "_AC_SL1500_") for thumb in thumbs[1:])]

    assert tuple(found) == facts.images


@pytest.mark.parametrize("layout", ["twister-form-2019", "twister-inline-2025"])
def test_variations_name_parent_and_choice(layout):
    facts, page = opened("amazon.co.jp", layout)

    assert f'"parentAsin" : "{facts.parent_asin}"' in page.html
    for name, value in facts.variation:
        assert (
            readings.text_of(page, f"#variation_{name} .selection", f"#inline-twister-row-{name} .a-text-bold") == value
        )
    assert page.css_first('link[rel="canonical"]').attributes["href"].endswith(facts.parent_asin)


def test_english_pages_of_japan_keep_yen_and_goods():
    facts, page = opened("amazon.co.jp", "core-display-deal-2024", language="en")

    assert "￥" in readings.text_of(page, *readings.PRICE)
    assert "out of 5 stars" in page.css_first("#acrPopover").attributes["title"]
    assert facts.title == facts_for("amazon.co.jp", ASIN, layout="core-display-deal-2024").title


def test_pages_hold_prices_and_products_of_others():
    for number in range(30):
        facts, page = opened("amazon.co.jp", "core-display-2025", f"B0TRAPS{number:03d}")
        others = {node.attributes["data-asin"] for node in page.css("[data-asin]")} - {facts.asin}
        prices = {node.text() for node in page.css("#sims-fbt .a-offscreen, #sp_detail .a-offscreen")}
        assert len(others) >= 14
        assert len(prices) >= 4


@pytest.mark.parametrize("host", HOSTS)
def test_old_prices_are_written_as_they_were(host):
    _, page = opened(host, "our-price-2018")

    expected = {"amazon.co.jp": "￥ ", "amazon.com": "$", "amazon.de": "EUR ", "amazon.es": "EUR "}
    assert readings.text_of(page, "#priceblock_ourprice").startswith(expected[host])


@pytest.mark.parametrize("size", [60_000, 300_000, 1_500_000])
def test_pages_weigh_what_is_asked(size):
    facts = facts_for("amazon.co.jp", ASIN)

    body = render_product(facts, page_bytes=size).encode()

    assert len(body) == size
    page = LexborHTMLParser(body)
    assert readings.text_of(page, "#productTitle") == facts.title


def test_pages_are_never_cut_to_size():
    facts = facts_for("amazon.co.jp", ASIN)

    assert render_product(facts, page_bytes=10) == render_product(facts)
