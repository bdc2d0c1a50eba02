import pytest

from deploy.local.storefront.listings import Listing
from deploy.local.storefront.routes import Kind, Route, route_of


@pytest.mark.parametrize(
    "path",
    [
        "/dp/B07WXL5YPW",
        "/dp/B07WXL5YPW/",
        "/dp/b07wxl5ypw",
        "/gp/product/B07WXL5YPW",
        "/gp/aw/d/B07WXL5YPW",
        "/exec/obidos/ASIN/B07WXL5YPW",
        "/Some-Title/dp/B07WXL5YPW/ref=sr_1_4",
        "/%E3%83%8E%E3%83%BC%E3%83%88/dp/B07WXL5YPW/ref=sr_1_4",
    ],
)
def test_product_addresses_name_their_asin(path):
    assert route_of(path, "th=1&psc=1") == Route(Kind.PRODUCT, asin="B07WXL5YPW")


@pytest.mark.parametrize(("prefix", "language"), [("/-/en", "en"), ("/-/de", "de"), ("/-/zh_TW", "en")])
def test_a_language_prefix_sets_the_language(prefix, language):
    assert route_of(f"{prefix}/dp/B07WXL5YPW", "") == Route(Kind.PRODUCT, language, asin="B07WXL5YPW")


@pytest.mark.parametrize(
    ("path", "query", "kind", "key", "page"),
    [
        ("/s", "k=usb+c&page=2&ref=sr_pg_2", Listing.SEARCH, "usb c", 2),
        ("/s/", "k=%E3%83%8E%E3%83%BC%E3%83%88", Listing.SEARCH, "ノート", 1),
        ("/s/ref=nb_sb_noss", "field-keywords=pen", Listing.SEARCH, "pen", 1),
        ("/s", "k=pen&rh=n%3A123&page=x", Listing.SEARCH, "pen", 1),
        ("/s", "rh=n%3A2127209051%2Cp_36%3A100-&page=3", Listing.CATEGORY, "2127209051", 3),
        ("/s", "i=toys&node=77", Listing.CATEGORY, "77", 1),
        ("/b", "node=77", Listing.CATEGORY, "77", 1),
        ("/b/ref=x", "ie=UTF8&node=77", Listing.CATEGORY, "77", 1),
        ("/gp/browse.html", "node=77", Listing.CATEGORY, "77", 1),
        ("/gp/bestsellers", "", Listing.BESTSELLERS, "", 1),
        ("/gp/bestsellers/toys/123/ref=zg_bs_pg_2", "ie=UTF8&pg=2", Listing.BESTSELLERS, "toys/123", 2),
        ("/Best-Sellers-Toys/zgbs/toys/ref=zg", "pg=1", Listing.BESTSELLERS, "toys", 1),
        ("/-/en/gp/bestsellers/toys", "", Listing.BESTSELLERS, "toys", 1),
        ("/gp/new-releases", "", Listing.BESTSELLERS, "new-releases", 1),
        ("/gp/most-gifted/toys/ref=zg_mg", "pg=2", Listing.BESTSELLERS, "most-gifted/toys", 2),
    ],
)
def test_list_addresses_name_kind_key_and_page(path, query, kind, key, page):
    route = route_of(path, query)

    assert (route.kind, route.listing, route.key, route.page) == (Kind.LISTING, kind, key, page)


@pytest.mark.parametrize(
    ("path", "query"),
    [("/dp/B07", ""), ("/dp/B07WXL5YPW0", ""), ("/s", ""), ("/b", ""), ("/gp/cart", ""), ("/x", "k=1")],
)
def test_other_addresses_are_unknown(path, query):
    assert route_of(path, query).kind is Kind.UNKNOWN


def test_robots_and_front_page_are_known():
    assert (route_of("/robots.txt", "").kind, route_of("/", "").kind) == (Kind.ROBOTS, Kind.HOME)
