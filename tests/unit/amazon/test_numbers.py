"""Prices, counts, ratings and measures as pages print them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.amazon.marketplaces import MARKETPLACES
from shared.amazon.pages.numbers import Money, count, measure, money, rating, split_money


@pytest.mark.parametrize(
    ("marketplace", "text", "amount", "currency"),
    [
        ("amazon.co.jp", "￥1,638", "1638", "JPY"),
        ("amazon.co.jp", "¥ 32,970", "32970", "JPY"),
        ("amazon.co.jp", "１，６３８円", "1638", "JPY"),
        ("amazon.co.jp", "￥ 1,320 (税込)", "1320", "JPY"),
        ("amazon.com", "$8.99", "8.99", "USD"),
        ("amazon.com", "$1,299.00", "1299.00", "USD"),
        ("amazon.com", "US$12.50", "12.50", "USD"),
        ("amazon.com", "KRW 12,345", "12345", "KRW"),
        ("amazon.com", "ILS 117.63", "117.63", "ILS"),
        ("amazon.co.uk", "£13.53", "13.53", "GBP"),
        ("amazon.de", "EUR 6,37", "6.37", "EUR"),
        ("amazon.de", "1.299,00 €", "1299.00", "EUR"),
        ("amazon.de", "€1,299.00", "1299.00", "EUR"),
        ("amazon.fr", "1\u202f058,00 €", "1058.00", "EUR"),
        ("amazon.nl", "€ 12,34", "12.34", "EUR"),
        ("amazon.se", "1 299,00 kr", "1299.00", "SEK"),
        ("amazon.pl", "1 299,00 zł", "1299.00", "PLN"),
        ("amazon.ca", "CDN$ 28.00", "28.00", "CAD"),
        ("amazon.ca", "$28.00", "28.00", "CAD"),
        ("amazon.com.mx", "$1,299.00", "1299.00", "MXN"),
        ("amazon.com.br", "R$ 1.019,90", "1019.90", "BRL"),
        ("amazon.in", "₹1,23,456.00", "123456.00", "INR"),
        ("amazon.in", "₹ 1,299", "1299", "INR"),
        ("amazon.com.au", "$12.50", "12.50", "AUD"),
        ("amazon.sg", "S$12.50", "12.50", "SGD"),
        ("amazon.ae", "AED330.00", "330.00", "AED"),
        ("amazon.sa", "\u200f12.50 ر.س.\u200f", "12.50", "SAR"),
        ("amazon.eg", "٢٬٤٩٩٫٠٠ جنيه", "2499.00", "EGP"),
        ("amazon.com.tr", "1.299,00TL", "1299.00", "TRY"),
        ("amazon.cn", "¥299.00", "299.00", "CNY"),
        ("amazon.com", "Free", "0", "USD"),
    ],
)
def test_price_is_read_in_the_style_of_its_marketplace(marketplace: str, text: str, amount: str, currency: str) -> None:
    assert Money(Decimal(amount), currency) == money(text, MARKETPLACES[marketplace])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8.99",
        "$",
        "from $8.99",
        "ab EUR 4,99",
        "$10.99 - $22.99",
        "$8.99 ($0.22 / Ounce)",
        "$8.9",
        "$8.999,0",
        "￥1,63",
        "330pt",
        "5 stars",
        "+ $5.39 shipping",
        "-34%",
        "$1,29.00",
    ],
)
def test_what_is_not_one_whole_price_is_none(text: str) -> None:
    assert money(text, MARKETPLACES["amazon.com"]) is None


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("$", "32.", "97"), Money(Decimal("32.97"), "USD")),
        (("€", "1.299,", "00"), Money(Decimal("1299.00"), "EUR")),
        (("₹", "1,299", ""), Money(Decimal(1299), "INR")),
        (("￥", "1,638", ""), Money(Decimal(1638), "JPY")),
        (("$", "32.", ""), None),
        (("$", "", "97"), None),
        (("", "32", "97"), None),
        (("$", "32", "9"), None),
    ],
)
def test_price_in_parts_needs_all_its_parts(parts: tuple[str, str, str], expected: Money | None) -> None:
    assert expected == split_money(*parts, MARKETPLACES["amazon.com"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.3 out of 5 stars", "4.3"),
        ("5つ星のうち4.3", "4.3"),
        ("星5つ中の4.2", "4.2"),
        ("4,3 von 5 Sternen", "4.3"),
        ("4,3 sur 5 étoiles", "4.3"),
        ("4,3 su 5 stelle", "4.3"),
        ("4.3 de un máximo de 5 estrellas", "4.3"),
        ("4,3 van 5 sterren", "4.3"),
        ("4,3 av 5 stjärnor", "4.3"),
        ("4,3 z 5 gwiazdek", "4.3"),
        ("5 yıldız üzerinden 4,3", "4.3"),
        ("平均 4.3 星（最多 5 星）", "4.3"),
        ("٤٫٣ من ٥ نجوم", "4.3"),
        ("4.4 4.4 out of 5 stars", "4.4"),
        ("5.0 out of 5 stars", "5"),
        ("4.6", "4.6"),
        ("0 out of 5", None),
        ("0.0 out of 5 stars", None),
        ("4.3 out of 10", None),
        ("46", None),
        ("", None),
    ],
)
def test_rating_is_read_in_every_language(text: str, expected: str | None) -> None:
    assert (Decimal(expected) if expected else None) == rating(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5,136 ratings", 5136),
        ("(201)", 201),
        ("414個の評価", 414),
        ("評価の数 414", 414),
        ("1,05,212 ratings", 105212),
        ("5 182 évaluations", 5182),
        ("1.058 opiniones de clientes", 1058),
        ("1 Kundenrezension", 1),
        ("٢٬٣٥٧ تقييم", 2357),
        ("2.4K ratings", None),
        ("1.2万", None),
        ("No customer reviews", None),
        ("4.5 out of 5", None),
    ],
)
def test_count_is_the_one_whole_number(text: str, expected: int | None) -> None:
    assert expected == count(text)


@pytest.mark.parametrize(
    ("digits", "mark", "expected"),
    [
        ("4,72", ",", "4.72"),
        ("4.72", ",", "4.72"),
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("0.118", ",", "0.118"),
        ("1,234.5", ".", "1234.5"),
        ("1.2.3", ".", None),
    ],
)
def test_measure_follows_the_pages_decimal_mark(digits: str, mark: str, expected: str | None) -> None:
    assert (Decimal(expected) if expected else None) == measure(digits, mark)


@given(st.integers(0, 10**9), st.sampled_from(sorted(MARKETPLACES)))
def test_every_price_survives_being_printed(minor: int, name: str) -> None:
    place = MARKETPLACES[name]
    amount = Decimal(minor).scaleb(-place.minor_digits)
    grouped = f"{amount:,.{place.minor_digits}f}"
    if place.decimal == ",":
        grouped = grouped.translate(str.maketrans(",.", ".,"))
    assert money(f"{place.currency} {grouped}", place) == Money(amount, place.currency)


@given(st.text(max_size=40))
def test_no_text_makes_the_readers_raise(text: str) -> None:
    for place in MARKETPLACES.values():
        found = money(text, place)
        assert found is None or found.amount >= 0
    stars = rating(text)
    assert stars is None or 1 <= stars <= 5
    counted = count(text)
    assert counted is None or counted >= 0
