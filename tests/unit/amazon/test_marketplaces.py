"""The table of marketplaces, and which hosts belong to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.amazon.marketplaces import MARKETPLACES, by_host


def test_all_22_marketplaces_are_known() -> None:
    assert len(MARKETPLACES) == 22
    assert all(name == place.name for name, place in MARKETPLACES.items())


def test_yen_have_no_minor_unit() -> None:
    assert [name for name, place in MARKETPLACES.items() if place.minor_digits == 0] == ["amazon.co.jp"]


def test_accept_language_asks_for_the_default_language() -> None:
    assert MARKETPLACES["amazon.co.jp"].accept_language == "ja-JP,ja;q=0.9"


@pytest.mark.parametrize("prefix", ["", "www.", "smile.", "m.", "en.", "WWW."])
@pytest.mark.parametrize("name", MARKETPLACES)
def test_hosts_of_a_marketplace_belong_to_it(name: str, prefix: str) -> None:
    assert by_host(prefix + name) is MARKETPLACES[name]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "amazon.co.jp.evil.com",
        "evil-amazon.com",
        "amazon.com.evil",
        "www.evil.amazon.com",
        "aws.amazon.com",
        "sellercentral.amazon.co.jp",
        "amazonaws.com",
        "amazon.ru",
        "www.www.amazon.com",
        "amаzon.com",  # with a Cyrillic letter
    ],
)
def test_other_hosts_are_refused(host: str) -> None:
    assert by_host(host) is None


@given(st.text(max_size=30), st.sampled_from(sorted(MARKETPLACES)))
def test_only_the_exact_domain_is_a_marketplace(text: str, name: str) -> None:
    assert by_host(f"{name}.{text}x") is None
    assert by_host(f"{text}x{name}") is None
