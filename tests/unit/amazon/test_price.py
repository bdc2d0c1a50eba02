"""What a page asks for the item, in every layout, and what it does not ask."""

from decimal import Decimal

import pytest

from shared.amazon.pages import Availability
from tests.unit.amazon.html import parts, product


def box(name: str, *content: str) -> str:
    return f'<div id="{name}">{"".join(content)}</div>'


CORE = "corePriceDisplay_desktop_feature_div"
USED_BUYBOX = box("usedBuySection", '<span class="a-color-price offer-price">$7.18</span>')
STRUCK = '<span class="a-price a-text-price" data-a-strike="true"><span class="a-offscreen">$49.99</span></span>'


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        (box(CORE, parts("$", "32.", "97")), "2021 desktop"),
        (box(CORE, parts("$", "32.", "97", spoken="$32.97")), "2021 desktop, spoken"),
        (box("corePriceDisplay_mobile_feature_div", parts("$", "32.", "97")), "2022 mobile"),
        (box("corePrice_desktop", parts("$", "32.", "97", "a-text-price apexPriceToPay")), "2021 table"),
        (box("corePrice_feature_div", parts("$", "32.", "97", "a-text-normal")), "buy box"),
        (box("apex_desktop", parts("$", "32.", "97", "a-text-price apexPriceToPay")), "2021 apex"),
        ('<span id="priceblock_ourprice">$32.97</span>', "2015"),
        ('<span id="priceblock_dealprice">$32.97</span>', "2015 deal"),
        ('<span id="priceblock_saleprice">$32.97</span>', "2015 sale"),
        (
            '<span id="priceblock_ourprice"><span class="price-info-superscript">$</span>'
            '<span class="price-large">32</span><span class="price-info-superscript">97</span></span>',
            "2016 raised",
        ),
        ('<span id="priceblock_ourprice"><sup>$</sup>32<sup>97</sup></span>', "2016 raised, bare"),
        (box("newPitchPriceWrapper_feature_div", STRUCK, parts("$", "32.", "97", "")), "2019 mobile"),
        (box("atfRedesign_priceblock_priceToPay", parts("$", "32.", "97", "")), "2020 mobile"),
        (box("soldByThirdParty", '<span class="a-color-price">$32.97</span>'), "2016 third party"),
        ('<span id="price_inside_buybox"> $32.97 </span>', "2018 buy box"),
        ('<span id="newBuyBoxPrice">$32.97</span>', "2018 accordion"),
        (box("buyNewSection", '<span class="a-color-price offer-price">$32.97</span>'), "book"),
        ('<div id="buybox"><span id="price">$32.97</span></div>', "2022 book"),
        ('<span id="kindle-price"> $32.97 </span>', "Kindle"),
        ('<span id="actualPriceValue"><b class="priceLarge">$32.97</b></span>', "2012"),
        (box("newOfferAccordionRow", '<span class="header-price">$32.97</span>'), "2017 accordion"),
        (
            '<div class="twister-plus-buying-options-price-data">{"desktop_buybox_group_1":[{"displayPrice":"$32.97",'
            '"priceAmount":32.97,"buyingOptionType":"NEW"}]}</div>',
            "offer data",
        ),
        (
            '<form id="addToCart"><input name="items[0.base][customerVisiblePrice][displayString]" value="$32.97">'
            '<input id="add-to-cart-button"></form>',
            "2025 cart form",
        ),
        (
            '<div id="cerberus-data-metrics" data-asin-price="32.97" data-asin-currency-code="USD"></div>'
            '<input id="add-to-cart-button">',
            "2018 metrics",
        ),
    ],
)
def test_price_is_read_in_every_layout(block: str, rule: str) -> None:
    found = product(block)
    assert (Decimal("32.97"), "USD", "new") == (found.price, found.currency, found.condition), rule


def test_rupee_sign_drawn_by_style_counts_as_the_currency() -> None:
    block = '<span id="priceblock_ourprice"><span class="currencyINR">&nbsp;&nbsp;</span> 1,299.00</span>'
    assert product(block, marketplace="amazon.in").price == Decimal(1299)


@pytest.mark.parametrize(
    "block",
    [
        '<div id="olp_feature_div">2 new from <span class="a-color-price">$8.99</span></div>',
        '<span id="priceblock_ourprice">$10.99 - $22.99</span>',
        box(
            "corePrice_desktop",
            '<span class="a-price-range">',
            parts("$", "10.", "99", "apexPriceToPay"),
            parts("$", "22.", "99", "apexPriceToPay"),
            "</span>",
        ),
        box(CORE, '<span class="pricePerUnit">', parts("$", "0.", "22", "a-text-price"), "</span>"),
        box(
            CORE, '<span class="a-price a-text-price" data-a-size="mini"><span class="a-offscreen">$0.22</span></span>'
        ),
        box(CORE, STRUCK),
        box("snsAccordionRowMiddle", box("corePrice_feature_div", parts("$", "9.", "50"))),
        box("tradeInAccordionRow", box("corePrice_feature_div", parts("$", "5.", "00"))),
        box("sims-consolidated-1_feature_div", parts("$", "25.", "06")),
        '<div id="cerberus-data-metrics" data-asin-price="" data-asin-currency-code=""></div>'
        '<input id="buy-now-button">',
        '<form><input name="items[0.base][customerVisiblePrice][displayString]" value="$25.06"></form>'
        '<input id="add-to-cart-button">',
        box(
            "snsAccordionRowMiddle",
            '<form id="addToCart"><input name="items[0.base][customerVisiblePrice][displayString]" value="$9.50">'
            '<input id="add-to-cart-button"></form>',
        ),
        box("tmmSwatches", '<b class="swatchElement selected"><span class="a-color-price">from $4.99</span></b>'),
        box("tmmSwatches", '<b class="swatchElement selected"><span class="a-color-price">$0.00</span></b>'),
        box(CORE, parts("$", "32.", None)),
        '<span id="priceblock_ourprice"></span>',
        '<span id="price_shipping">+ $5.39 shipping</span>',
        '<div id="apex_desktop">To see product details, add this item to your cart.</div>',
    ],
)
def test_other_prices_on_the_page_are_not_its_price(block: str) -> None:
    found = product(block)
    assert (found.price, found.condition) == (None, None)


def test_points_are_not_a_price() -> None:
    found = product('<div id="price">獲得ポイント: 330pt (1%)</div>', marketplace="amazon.co.jp")
    assert (found.price, found.currency) == (None, None)


def test_metrics_hold_a_point_whatever_the_language() -> None:
    block = '<div id="cerberus-data-metrics" data-asin-price="225.00" data-asin-currency-code="EUR"></div>'
    found = product(block, '<input id="add-to-cart-button">', marketplace="amazon.es")
    assert (Decimal(225), "EUR") == (found.price, found.currency)


def test_price_for_measurements_is_not_a_new_one_where_only_used_copies_are_offered() -> None:
    metrics = '<div id="cerberus-data-metrics" data-asin-price="9.00" data-asin-currency-code="USD"></div>'
    assert product(USED_BUYBOX, metrics).price == Decimal("7.18")
    assert product(metrics, '<div id="usedOnlyBuybox"></div>').price is None


def test_used_offer_beside_a_new_one_is_ignored() -> None:
    new = box("buyNewSection", '<span class="offer-price">$8.99</span>')
    assert product(USED_BUYBOX, new).price == Decimal("8.99")


def test_used_offer_in_place_of_a_new_one_is_the_price() -> None:
    found = product(USED_BUYBOX)
    assert (Decimal("7.18"), "used", Availability.USED_ONLY) == (found.price, found.condition, found.availability)


def test_used_price_is_no_substitute_for_an_unreadable_new_one() -> None:
    assert product(USED_BUYBOX, '<div id="buyNewSection"><span class="offer-price">?</span></div>').price is None
    assert product(USED_BUYBOX, '<div id="availability"><span>In Stock.</span></div>').price is None
    assert product(USED_BUYBOX, '<input id="add-to-cart-button">').price is None


def test_box_for_used_copies_alone_makes_the_price_used() -> None:
    found = product('<div id="usedOnlyBuybox"></div>', box("corePrice_feature_div", parts("$", "9.", "00")))
    assert (Decimal(9), "used") == (found.price, found.condition)


def test_first_row_of_several_sellers_is_the_featured_offer() -> None:
    rows = [
        box(f"newAccordionRow_{number}", box("corePrice_feature_div", parts("$", f"{price}.", "00", "a-text-normal")))
        for number, price in ((1, 12), (0, 14))
    ]
    used = box("usedAccordionRow", box("corePrice_feature_div", parts("$", "8.", "00", "a-text-normal")))
    assert product(used, *rows).price == Decimal(14)


def test_list_price_is_what_is_crossed_out() -> None:
    found = product(box(CORE, parts("$", "32.", "97"), f'<span class="basisPrice">List Price: {STRUCK}</span>'))
    assert (Decimal("32.97"), Decimal("49.99")) == (found.price, found.list_price)


@pytest.mark.parametrize(
    "block",
    [
        '<div id="price"><span class="a-text-strike">$49.99</span><span id="priceblock_ourprice">$32.97</span></div>',
        box("price", '<i class="priceBlockStrikePriceString">$49.99</i><b id="priceblock_dealprice">$32.97</b>'),
        '<div id="buyBoxInner"><span class="a-text-strike">$49.99</span></div><b id="newBuyBoxPrice">$32.97</b>',
        '<span id="listPriceValue">$49.99</span><b id="actualPriceValue">$32.97</b>',
    ],
)
def test_list_price_is_read_in_older_layouts(block: str) -> None:
    assert product(block).list_price == Decimal("49.99")


@pytest.mark.parametrize("amount", ["32.97", "20.00"])
def test_list_price_not_above_the_price_is_none(amount: str) -> None:
    struck = STRUCK.replace("49.99", amount)
    assert product(box(CORE, parts("$", "32.", "97"), struck)).list_price is None


def test_page_in_another_currency_keeps_that_currency() -> None:
    found = product(box(CORE, parts("KRW", "45,000", None, spoken="KRW 45,000")))
    assert (Decimal(45000), "KRW") == (found.price, found.currency)


def test_raised_yen_sign_needs_no_cents() -> None:
    block = '<span id="priceblock_ourprice"><span class="price-info-superscript">{}</span>1,638</span>'
    assert product(block.format("￥"), marketplace="amazon.co.jp").price == Decimal(1638)
    assert product(block.format("$")).price is None


def test_row_of_another_offer_counts_where_it_is_the_first() -> None:
    upsell = box("primeSavingsUpsellAccordionRow", parts("$", "8.", "00"))
    second = box("newAccordionRow_1", box("corePrice_feature_div", parts("$", "32.", "97")))
    assert product(upsell, second).price == Decimal("32.97")
    assert product(box("newAccordionRow_0", "see all"), upsell, second).price is None


def test_price_crossed_out_within_a_box_is_not_the_price() -> None:
    unit = '<span class="a-price pricePerUnit"><span class="a-offscreen">$1.10</span></span>'
    assert product(box("price", STRUCK, unit)).price is None
    assert product(box("price", STRUCK, parts("$", "32.", "97", "", spoken="$32.97"), unit)).price == Decimal("32.97")
