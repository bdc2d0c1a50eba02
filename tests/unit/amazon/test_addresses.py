"""Which pages addresses name, and their canonical form."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.amazon.addresses import (
    Address,
    UnsupportedAddress,
    page_url,
    product_url,
    recognise,
    search_url,
)
from shared.amazon.identifiers import Item
from shared.amazon.marketplaces import MARKETPLACES

JP = "https://www.amazon.co.jp"
SWITCH = f"{JP}/dp/B07WXL5YPW"


def seen(url: str) -> Address:
    return recognise(url, MARKETPLACES)


@pytest.mark.parametrize(
    "path",
    [
        "/dp/B07WXL5YPW",
        "/dp/B07WXL5YPW/",
        "/dp/b07wxl5ypw?th=1&psc=1&tag=x-22",
        "/dp/B07WXL5YPW/ref=sr_1_1?keywords=x",
        "/gp/product/B07WXL5YPW/ref=ppx_yo_dt_b_asin_title",
        "/gp/aw/d/B07WXL5YPW/",
        "/exec/obidos/ASIN/B07WXL5YPW/affiliate-22",
        "/o/ASIN/B07WXL5YPW",
        "/d/B07WXL5YPW",
        "/Some-Title/d/B07WXL5YPW/ref=x",
        "/gp/offer-listing/B07WXL5YPW",
        "/product-reviews/B07WXL5YPW",
        "/-/en/dp/B07WXL5YPW",
        "/-/zh_TW/Nintendo-Switch/dp/B07WXL5YPW",
        "/%E3%83%8B%E3%83%B3%E3%83%86%E3%83%B3%E3%83%89%E3%83%BC/dp/B07WXL5YPW",
        "/ニンテンドー-スイッチ/dp/B07WXL5YPW/ref=sr_1_1",
        "/dp-cables/dp/B07WXL5YPW",
    ],
)
def test_product_forms_have_one_canonical_address(path: str) -> None:
    expected = Address("product", "amazon.co.jp", "B07WXL5YPW", SWITCH)
    assert expected == seen(JP + path)


@pytest.mark.parametrize(
    "head", ["amazon.co.jp", "//www.amazon.co.jp", "http://amazon.co.jp", "HTTPS://M.AMAZON.CO.JP"]
)
def test_scheme_and_subdomain_are_normalised(head: str) -> None:
    assert seen(f"{head}/dp/B07WXL5YPW").url == SWITCH


@pytest.mark.parametrize(
    ("path", "kind", "canonical"),
    [
        ("/s?k=socks&crid=1&sprefix=so&ref=nb_sb_noss", "search", "/s?k=socks"),
        ("/s/?k=socks&page=3", "search", "/s?k=socks&page=3"),
        ("/-/en/s?k=%E9%9D%B4%E4%B8%8B&i=toys&language=en", "search", "/s?k=%E9%9D%B4%E4%B8%8B&i=toys"),
        ("/s/ref=nb_sb_noss?url=search-alias%3Daps&field-keywords=a+b", "search", "/s?k=a+b&i=aps"),
        ("/s/ref=sr_pg_2?rh=i%3Aaps%2Ck%3Asocks&page=2", "search", "/s?k=socks&rh=i%3Aaps%2Ck%3Asocks&page=2"),
        ("/gp/aw/s?k=x", "search", "/s?k=x"),
        ("/s?i=merchant-items&me=A2DP&qid=1", "search", "/s?i=merchant-items&me=A2DP"),
        (
            "/s?k=x&rh=n%3A1&low-price=5&high-price=9&s=price",
            "search",
            "/s?k=x&rh=n%3A1&low-price=5&high-price=9&s=price",
        ),
        ("/s?rh=n%3A172282&bbn=5&dc", "category", "/s?rh=n%3A172282&bbn=5"),
        ("/s?i=toys&node=13299531&ref=x", "category", "/s?i=toys&node=13299531"),
        ("/b?node=123&ref_=nav", "category", "/b?node=123"),
        ("/b/ref=x?ie=UTF8&node=123", "category", "/b?node=123"),
        ("/Automotive-Tools/b/?ie=UTF8&node=123", "category", "/b?node=123"),
        ("/gp/browse.html?node=123&tag=x", "category", "/b?node=123"),
        ("/gp/bestsellers", "bestseller", "/gp/bestsellers"),
        ("/gp/bestsellers/ce-de/ref=zg_bs_pg_2?ie=UTF8&pg=2", "bestseller", "/gp/bestsellers/ce-de?pg=2"),
        ("/Best-Sellers-Toys/zgbs/toys/172282/ref=x", "bestseller", "/Best-Sellers-Toys/zgbs/toys/172282"),
        ("/gp/new-releases/toys", "bestseller", "/gp/new-releases/toys"),
        ("/gp/movers-and-shakers", "bestseller", "/gp/movers-and-shakers"),
        ("/-/en/gp/bestsellers/toys", "bestseller", "/gp/bestsellers/toys"),
    ],
)
def test_listing_forms_keep_meaning_and_drop_tracking(path: str, kind: str, canonical: str) -> None:
    assert Address(kind, "amazon.co.jp", None, JP + canonical) == seen(JP + path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ftp://www.amazon.com/dp/B07WXL5YPW", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("https://user:secret@www.amazon.com/dp/B07WXL5YPW", "userinfo"),
        ("https://www.amazon.com@evil.com/dp/B07WXL5YPW", "userinfo"),
        ("https://www.amazon.com:443/dp/B07WXL5YPW", "port"),
        ("amazon.com:8080/dp/B07WXL5YPW", "port"),
        ("https://amazon.co.jp.evil.com/dp/B07WXL5YPW", "host"),
        ("https://evil-amazon.com/dp/B07WXL5YPW", "host"),
        ("https://127.0.0.1/dp/B07WXL5YPW", "host"),
        ("https://evil.com/?u=https://www.amazon.com/dp/B07WXL5YPW", "host"),
        ("https://evil.com\\@www.amazon.com/dp/B07WXL5YPW", "malformed"),
        ("https://www.amazon.com/dp/\nB07WXL5YPW", "malformed"),
        ("https://[www.amazon.com/dp/B07WXL5YPW", "malformed"),
        ("https://www.amazon.com/\ud800", "malformed"),
        ("https://www.amazon.com/s?k=" + "x" * 5000, "too_long"),
        ("https://www.amazon.com/dp/B07", "invalid_asin"),
        ("https://www.amazon.com/", "unsupported_page"),
        ("https://www.amazon.com/gp/cart/view.html", "unsupported_page"),
        ("https://www.amazon.com/stores/Anker", "unsupported_page"),
        ("https://www.amazon.com/s", "no_keyword"),
        ("https://www.amazon.com/s?page=2&s=price", "no_keyword"),
        ("https://www.amazon.com/b", "no_node"),
    ],
)
def test_other_addresses_are_refused_with_their_code(url: str, code: str) -> None:
    with pytest.raises(UnsupportedAddress) as refusal:
        seen(url)
    assert code == refusal.value.code


def test_marketplace_that_is_not_configured_is_refused() -> None:
    with pytest.raises(UnsupportedAddress, match=r"amazon\.de is not among"):
        recognise("https://www.amazon.de/dp/B07WXL5YPW", {"amazon.co.jp"})


def test_path_tricks_do_not_leave_the_listing() -> None:
    assert seen(f"{JP}/gp/bestsellers/%2e%2e/..%2F?pg=2").url == f"{JP}/gp/bestsellers?pg=2"


def test_search_address_holds_keyword_and_page() -> None:
    assert search_url("amazon.co.jp", " 靴下  メンズ ") == f"{JP}/s?k=%E9%9D%B4%E4%B8%8B+%E3%83%A1%E3%83%B3%E3%82%BA"
    assert search_url("amazon.com", "a&b=c", 3) == "https://www.amazon.com/s?k=a%26b%3Dc&page=3"


def test_blank_keyword_has_no_search_address() -> None:
    with pytest.raises(ValueError, match="blank"):
        search_url("amazon.com", "  ")


@pytest.mark.parametrize(
    ("url", "number", "expected"),
    [
        ("/s?k=x&page=4", 1, "/s?k=x"),
        ("/s?k=x&page=4", 2, "/s?k=x&page=2"),
        ("/b?node=5", 1, "/b?node=5"),
        ("/b?node=5", 2, "/s?rh=n%3A5&page=2"),
        ("/gp/bestsellers/toys", 2, "/gp/bestsellers/toys?pg=2"),
        ("/dp/B07WXL5YPW", 1, "/dp/B07WXL5YPW"),
    ],
)
def test_pages_of_a_listing_have_addresses(url: str, number: int, expected: str) -> None:
    assert JP + expected == page_url(seen(JP + url), number)


@pytest.mark.parametrize(("url", "number"), [("/dp/B07WXL5YPW", 2), ("/s?k=x", 0)])
def test_pages_that_cannot_exist_are_refused(url: str, number: int) -> None:
    with pytest.raises(ValueError, match="has no page"):
        page_url(seen(JP + url), number)


@given(st.text(max_size=80) | st.text(max_size=60).map(lambda tail: "https://www.amazon.co.jp/" + tail))
def test_whatever_is_accepted_leads_to_the_marketplace(text: str) -> None:
    try:
        found = seen(text)
    except UnsupportedAddress:
        return
    assert urlsplit(found.url).netloc == MARKETPLACES[found.marketplace].host
    assert found.url.startswith("https://")
    assert seen(found.url) == found


slugs = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and not set(text) & set("/?#\\ "))


@given(
    st.from_regex(r"B[0-9A-Z]{9}", fullmatch=True),
    st.sampled_from(sorted(MARKETPLACES)),
    slugs,
    st.sampled_from(["/{slug}/dp/{asin}", "/-/en/{slug}/dp/{asin}/ref={slug}", "/gp/product/{asin}?{slug}={slug}"]),
)
def test_any_slug_and_tail_lead_to_the_same_product(asin: str, name: str, slug: str, form: str) -> None:
    found = seen(f"www.{name}" + form.format(slug=slug, asin=asin))
    assert (found.kind, found.asin, found.url) == ("product", asin, product_url(Item(asin, name)))


@given(st.text(min_size=1, max_size=40).filter(str.strip), st.integers(1, 400))
def test_keyword_survives_the_search_address(keyword: str, number: int) -> None:
    words = " ".join(keyword.split())
    try:
        url = search_url("amazon.co.jp", keyword, number)
    except UnicodeEncodeError:
        return
    assert parse_qs(urlsplit(url).query)["k"] == [words]
    assert seen(url).kind == "search"
