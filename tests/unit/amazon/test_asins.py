"""ASINs as people type and paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.amazon.asins import InvalidAsin, Item, normalise
from shared.amazon.identifiers import isbn10_check, isbn10_is_valid, isbn10_of, looks_like_asin

HOME = "amazon.co.jp"
SWITCH = Item("B07WXL5YPW", HOME)

asins = st.from_regex(r"B[0-9A-Z]{9}", fullmatch=True)
isbns = st.from_regex(r"[0-9]{9}", fullmatch=True).map(lambda nine: nine + isbn10_check(nine))


@pytest.mark.parametrize(
    "text",
    [
        "B07WXL5YPW",
        "b07wxl5ypw",
        "  B07WXL5YPW\r\n",
        '"B07WXL5YPW",',
        "「B07WXL5YPW」、",
        "Ｂ０７ＷＸＬ５ＹＰＷ",
        "\ufeffB07WXL5YPW\u200b",
        "https://www.amazon.co.jp/dp/B07WXL5YPW?psc=1",
        "www.amazon.co.jp/gp/product/b07wxl5ypw/",
        "<https://amazon.co.jp/ニンテンドー/dp/B07WXL5YPW/ref=sr_1_1>",
    ],
)
def test_spellings_of_one_asin_are_the_same(text: str) -> None:
    assert normalise(text, HOME) == SWITCH


def test_pasted_address_brings_its_own_marketplace() -> None:
    assert normalise("https://www.amazon.de/dp/B07WXL5YPW", HOME) == Item("B07WXL5YPW", "amazon.de")


@pytest.mark.parametrize("text", ["4866510595", "4-86651-059-5", "4 86651 059 5"])
def test_isbn10_with_or_without_hyphens_is_an_asin(text: str) -> None:
    assert normalise(text, HOME) == Item("4866510595", HOME)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (' ", ', "empty"),
        ("B07WXL5YP", "length"),
        ("B07WXL5YPWW", "length"),
        ("A07WXL5YPW", "form"),
        ("B07WXL-YPW", "form"),
        ("4866510594", "isbn10_check_digit"),
        ("978-4-86651-059-0", "isbn13"),
        ("https://www.amazon.co.jp/s?k=switch", "not_a_product_address"),
        ("https://amzn.to/3xyz", "host"),
        ("https://www.amazon.co.jp.evil.com/dp/B07WXL5YPW", "host"),
        ("https://www.amazon.co.jp/dp/B07", "invalid_asin"),
    ],
)
def test_what_names_no_product_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(InvalidAsin) as refusal:
        normalise(text, HOME)
    assert (code, text) == (refusal.value.code, refusal.value.input)
    assert refusal.value.message


def test_isbn13_refusal_names_the_isbn10_to_use() -> None:
    with pytest.raises(InvalidAsin, match="use 4866510595"):
        normalise("978-4-86651-059-0", HOME)
    with pytest.raises(InvalidAsin, match="without an ISBN-10"):
        normalise("979-10-90636-07-1", HOME)


def test_message_does_not_repeat_a_huge_input() -> None:
    with pytest.raises(InvalidAsin) as refusal:
        normalise("X" * 100_000, HOME)
    assert len(refusal.value.message) < 300


@given(asins | isbns)
def test_every_asin_is_itself(asin: str) -> None:
    assert normalise(asin, HOME) == Item(asin, HOME)


@given(st.text(max_size=60))
def test_any_text_gives_an_asin_or_a_reason(text: str) -> None:
    try:
        named = normalise(text, HOME).asin
    except InvalidAsin as refusal:
        named = None
        reason = refusal.message
    assert looks_like_asin(named) if named else reason


@given(asins, st.sampled_from(["{}", " {} ", '"{}"', "{},", "'{}';", "[{}]", "\t{}\n"]), st.booleans())
def test_wrapping_and_case_do_not_matter(asin: str, wrapping: str, lower: bool) -> None:
    assert normalise(wrapping.format(asin.lower() if lower else asin), HOME).asin == asin


@given(isbns)
def test_isbn10_and_isbn13_belong_together(isbn: str) -> None:
    assert isbn10_is_valid(isbn)
    assert isbn10_of(f"978{isbn[:9]}0") == isbn
