import random
from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.local.storefront.asins import draw_isbn, exists, is_well_formed, isbn13, nth_asin
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.layouts import LAYOUTS, Offer
from deploy.local.storefront.marketplaces import MARKETPLACES, marketplace_of
from deploy.local.storefront.render import render_product

ASIN = "B07WXL5YPW"


def test_equal_arguments_give_equal_facts_and_page():
    first, second = facts_for("amazon.co.jp", ASIN), facts_for("www.amazon.co.jp", ASIN)

    assert first == second
    assert render_product(first) == render_product(second)


def test_facts_stay_the_same_from_release_to_release():
    facts = facts_for("amazon.co.jp", "B000000001", layout="core-price-2023")

    expected = ("ミナモ工房 長持ちするUSB-Cケーブル 2m XR-680 さくら色", Decimal("1480"), Decimal("88"))
    assert (facts.title, facts.price, facts.weight_g) == expected


def test_another_asin_host_or_seed_is_another_product():
    drawn = {
        facts_for("amazon.co.jp", ASIN).images,
        facts_for("amazon.co.jp", "B07WXL5YPX").images,
        facts_for("amazon.com", ASIN).images,
        facts_for("amazon.co.jp", ASIN, seed=1).images,
    }

    assert len(drawn) == 4


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_page_language_leaves_the_goods_as_they_are(layout):
    japanese = facts_for("amazon.co.jp", ASIN, layout=layout)
    english = facts_for("amazon.co.jp", ASIN, layout=layout, language="en")

    assert english.categories != japanese.categories or not japanese.categories
    translated = ("language", "categories", "availability_text", "variation", "details", "date")
    assert replace(english, **{name: getattr(japanese, name) for name in translated}) == japanese


@pytest.mark.parametrize("asin", ["B0404ABCDE", "B0404", "b07wxl5ypw", "B07WXL5YP", "A07WXL5YPW", "12345678X9", ""])
def test_missing_and_malformed_asins_have_no_facts(asin):
    assert not exists(asin)
    with pytest.raises(ValueError, match="no product"):
        facts_for("amazon.co.jp", asin)


def test_unknown_host_layout_and_language_are_named():
    with pytest.raises(ValueError, match=r"shop\.example"):
        facts_for("shop.example", ASIN)
    with pytest.raises(ValueError, match=r"unknown layout 'plain'.*core-display-2025"):
        facts_for("amazon.co.jp", ASIN, layout="plain")
    with pytest.raises(ValueError, match="unknown language 'ko'"):
        facts_for("amazon.co.jp", ASIN, language="ko")


@pytest.mark.parametrize(("name", "layout"), LAYOUTS.items())
def test_each_layout_has_the_prices_its_offer_allows(name, layout):
    facts = facts_for("amazon.de", ASIN, layout=name)

    assert (facts.price is not None) == (layout.offer in {Offer.NEW, Offer.USED_ONLY})
    assert (facts.list_price is not None) == layout.list_price
    assert facts.list_price is None or facts.list_price > facts.price
    assert (facts.rating is not None) == layout.reviews == (facts.review_count > 0)
    assert (facts.parent_asin is not None) == bool(layout.variation)


def test_books_are_drawn_for_isbns_and_goods_for_the_rest():
    layouts_of_books = {facts_for("amazon.co.jp", f"{number:010d}").layout for number in range(60)}
    layouts_of_goods = {facts_for("amazon.co.jp", f"B0{number:08d}").layout for number in range(400)}

    assert layouts_of_books == {name for name, layout in LAYOUTS.items() if layout.book}
    assert layouts_of_goods == {name for name, layout in LAYOUTS.items() if not layout.book}


def test_prices_have_the_digits_of_their_currency():
    for host, market in MARKETPLACES.items():
        price = facts_for(host, ASIN, layout="core-display-2025").price
        assert -price.as_tuple().exponent == market.minor_digits


def test_hosts_are_known_with_and_without_www():
    assert {marketplace_of(host) for host in ("amazon.de", "www.amazon.de", "WWW.Amazon.DE:443")} == {
        MARKETPLACES["amazon.de"]
    }
    assert marketplace_of("amazon.de.example.com") is None
    assert len(MARKETPLACES) == 22


def test_isbns_have_right_check_digits():
    assert isbn13("4866510595") == "978-4866510590"
    for _ in range(50):
        isbn = draw_isbn(random.Random())
        digits = [10 if digit == "X" else int(digit) for digit in isbn]
        assert sum((10 - place) * digit for place, digit in enumerate(digits)) % 11 == 0


def test_numbered_asins_are_distinct_and_well_formed():
    asins = [nth_asin(number) for number in range(20_000)]

    assert len(set(asins)) == len(asins)
    assert all(is_well_formed(asin) and exists(asin) for asin in asins)
