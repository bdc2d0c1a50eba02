"""No bytes make the parser raise or linger, and damage never turns into a wrong price or ASIN."""

import json
import random
import re
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from shared.amazon.pages import Page, explain, parse
from shared.amazon.pages.document import parse_json
from tests.unit.amazon.html import ASIN, page, parts, row

URL = f"https://www.amazon.com/dp/{ASIN}"
LIMIT_SECONDS = 2.0
USED = '<div id="usedBuySection"><span class="a-color-price offer-price">$7.18</span></div>'
SIBLINGS = (
    '<div id="sims"><a href="/dp/B000000005">x</a>'
    '<span class="a-price"><span class="a-offscreen">$3.33</span></span></div>'
)
CORE = f'<div id="corePriceDisplay_desktop_feature_div">{parts("$", "32.", "97", spoken="$32.97")}</div>'
PAGES = [
    page(
        CORE,
        USED,
        SIBLINGS,
        '<input id="add-to-cart-button">',
        row("Item Weight", "5 ounces"),
        '<div id="availability"><span>In Stock</span></div>',
    ),
    page(f'<div id="corePrice_feature_div">{parts("$", "32.", "97")}</div>', SIBLINGS),
    page('<table id="price"><tr><td>Price:</td><td id="priceblock_ourprice">$32.97</td></tr></table>', SIBLINGS),
    page('<div id="buyNewSection"><span class="offer-price">$32.97</span></div>', SIBLINGS),
]

bodies = st.sampled_from(PAGES)
fragments = st.sampled_from(
    [
        b"<",
        b">",
        b'"',
        b"</div>",
        b"<table>",
        b"<!--",
        b"<script>",
        b"\xff\xfe",
        b"\x00",
        b"&#x110000;",
        b"<![CDATA[",
        b"<b><p>",
    ]
)


def timed(body: bytes, content_type: str | None = None) -> Page:
    started = time.process_time()
    result = parse(body, url=URL, content_type=content_type)
    assert time.process_time() - started < LIMIT_SECONDS
    return result


def assert_true_or_none(result: Page) -> None:
    found = result.product
    if found is not None:
        assert found.asin in {None, ASIN}
        assert found.price in {None, Decimal("32.97")}


@given(st.binary(max_size=2000), st.sampled_from([None, "text/html; charset=shift_jis", "charset=\x00", "charset=zip"]))
def test_random_bytes_never_raise(body: bytes, content_type: str | None) -> None:
    timed(body, content_type)
    timed(b"\xff\xfe" + body)
    timed(b'<span id="productTitle">' + body)


@given(st.text(max_size=300))
def test_random_text_in_every_field_never_raises(text: str) -> None:
    ids = (
        "title",
        "availability",
        "acrCustomerReviewText",
        "acrPopover",
        "priceblock_ourprice",
        "merchant-info",
        "bylineInfo",
    )
    timed(
        page(*(f'<span id="{name}" title="{text}">{text}</span>' for name in ids), row(text, text)).replace(b"\0", b"")
    )


@pytest.mark.parametrize("body", PAGES)
def test_page_cut_anywhere_is_right_or_silent(body: bytes) -> None:
    for end in range(len(body)):
        assert_true_or_none(parse(body[:end], url=URL))


@given(bodies, st.data())
def test_page_with_junk_put_in_never_raises(body: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(fragments) + body[at:]
    timed(body)


@given(bodies, st.randoms(use_true_random=False), st.integers(1, 3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_page_without_some_elements_is_right_or_silent(body: bytes, chance: random.Random, drops: int) -> None:
    tree = LexborHTMLParser(body)
    assert tree.body is not None
    for _ in range(drops):
        nodes = tree.body.css("*:not(body)")
        if nodes:
            chance.choice(nodes).remove()
    assert_true_or_none(timed((tree.html or "").encode()))


@given(bodies, st.data())
def test_page_without_some_texts_is_right_or_silent(body: bytes, data: st.DataObject) -> None:
    texts = re.findall(rb">[^<]+<", body)
    for gone in data.draw(st.lists(st.sampled_from(texts), max_size=3)):
        body = body.replace(gone, b"><")
    assert_true_or_none(timed(body))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252", "shift_jis", "utf-32"])
@pytest.mark.parametrize("body", PAGES)
def test_page_in_another_encoding_is_right_or_silent(body: bytes, encoding: str) -> None:
    assert_true_or_none(timed(body.decode().encode(encoding, "replace")))


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 200_000,
        b"<ul><li>" * 100_000,
        b"<div><table><tr><td></div>" * 40_000,
        b"<b><div>" * 60_000,
        b"<b>" * 500_000,
        b"<div " + b" ".join(b"a%d=1" % number for number in range(200_000)) + b">",
        b"<div " + b" ".join(b"a%d" % number for number in range(200_000)),
        b"<" * 2_000_000,
        b"&" * 2_000_000,
        b'<div id="prodDetails"><table><tr>' * 6_000,
        b'<div data-asin="B000000001" data-component-type="s-search-result"><a href="/dp/B000000001">' * 9_000,
        b'<div id="corePrice_feature_div">' + b'<div class="a-price priceToPay">' * 15_000,
        b'<div id="feature-bullets">' + b"<li><div>" * 9_000,
        b'<span id="productTitle">T</span><div id="price">' + b"$1,234.56 " * 200_000,
        b'<span id="productTitle">T</span><div id="availability">' + b"<span>x " * 9_000,
        b'<span id="productTitle">T</span><div id="merchant-info">Sold by ' + b"a and " * 200_000,
        b"<script>'colorImages': { 'initial': " + b"[" * 300_000 + b"</script><span id='productTitle'>T</span>",
        b"x" * 20_000_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_hostile_bytes_do_not_take_long(body: bytes) -> None:
    timed(body)
    timed(b'<span id="productTitle">T</span><input id="ASIN" value="B07WXL5YPW">' + body)


@given(bodies)
@settings(max_examples=len(PAGES))
def test_explanation_agrees_with_the_page(body: bytes) -> None:
    told = json.loads(json.dumps(explain(body, url=URL)))
    chosen = [answer for answer in told["why"]["price"] if answer["answer"] is not None]
    assert told["trace"]["price"] == chosen[0]["rule"]
    assert all({"rule", "where", "answer"} == set(answer) for answer in chosen)


@pytest.mark.parametrize(
    ("embedded", "expected"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d x"', "\ufffd x"),
        (r'"x \uDE00"', "x \ufffd"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
    ],
)
def test_half_a_character_in_a_script_can_be_stored(embedded: str, expected: str) -> None:
    value = parse_json(embedded)
    assert (value, value.encode()) == (expected, expected.encode())
