"""Pages that list products, in their layouts since 2013."""

import json

import pytest

from shared.amazon.pages import Listing, parse

A, B, C = "B000000001", "B000000002", "0131103628"


def listing(body: str, url: str = "https://www.amazon.com/s?k=x") -> Listing:
    page = parse(f"<html><body>{body}</body></html>".encode(), url=url)
    assert (page.kind, page.advice) == ("listing", "ok")
    assert page.listing is not None
    return page.listing


def result(asin: str, inside: str = "", classes: str = "s-result-item") -> str:
    return f'<div data-asin="{asin}" class="{classes}" data-component-type="s-search-result">{inside}</div>'


@pytest.mark.parametrize(
    "advertised",
    [
        result(B, '<span class="puis-sponsored-label-text">Sponsored</span>'),
        result(B, '<span class="s-sponsored-label-info-icon"></span>'),
        result(B, classes="s-result-item AdHolder"),
        result(B, '<a href="/sspa/click?ie=UTF8&url=%2Fdp%2FB000000002">x</a>'),
        result(B, '<a href="https://www.amazon.com/gp/slredirect/picassoRedirect.html?url=x">x</a>'),
    ],
)
def test_advertised_results_are_kept_apart(advertised: str) -> None:
    found = listing(result(A) + advertised + result(C) + result(""))
    assert (found.asins, found.sponsored_asins) == ((A, C), (B,))


def test_repeated_results_count_once_in_order() -> None:
    assert listing(result(B) + result(A) + result(B)).asins == (B, A)


def test_widgets_between_results_are_not_results() -> None:
    widget = f'<div data-asin="{B}" class="a-carousel-card"><a href="/dp/{B}">x</a></div>'
    assert listing(result(A) + widget).asins == (A,)


@pytest.mark.parametrize(
    "body",
    [
        f'<ul><li id="result_0" data-asin="{A}" class="s-result-item"></li><li id="result_1" data-asin="{B}" '
        'class="s-result-item"><h5 class="s-sponsored-list-header">Sponsored</h5></li></ul>',
        f'<div class="s-result-item" data-asin="{A}"></div><div class="s-result-item AdHolder" data-asin="{B}"></div>',
        f'<div id="result_0" name="{A}"></div><div id="result_1" name="{B}"><b class="s-sponsored-header"></b></div>',
    ],
)
def test_older_layouts_are_read(body: str) -> None:
    found = listing(body)
    assert (found.asins, found.sponsored_asins) == ((A,), (B,))


def test_search_without_results_is_an_empty_listing() -> None:
    assert listing('<div class="s-main-slot"><div class="s-no-results-message">No results</div></div>') == Listing()


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<a class="s-pagination-next" href="/s?k=x&amp;page=2">Next</a>', "https://www.amazon.com/s?k=x&page=2"),
        ('<span class="s-pagination-next s-pagination-disabled">Next</span>', None),
        ('<a id="pagnNextLink" href="/s/ref=sr_pg_2?page=2">Next</a>', "https://www.amazon.com/s/ref=sr_pg_2?page=2"),
        ('<ul class="a-pagination"><li class="a-last"><a href="/s?page=2">→</a></li></ul>', "https://www.amazon.com/s?page=2"),
        ('<ul class="a-pagination"><li class="a-disabled a-last">→</li></ul>', None),
        ('<a class="s-pagination-next" href="https://www.amazon.com/-/es/s?page=2">Next</a>', "https://www.amazon.com/-/es/s?page=2"),
        ('<a class="s-pagination-next" href="https://evil.example/s?page=2">Next</a>', None),
        ('<a class="s-pagination-next" href="#">Next</a>', None),
    ],
)  # fmt: skip
def test_next_page_is_known_and_stays_on_the_marketplace(link: str, expected: str | None) -> None:
    assert expected == listing(result(A) + link).next_url


def test_bestseller_list_holds_those_drawn_later_too() -> None:
    entries = json.dumps([{"id": asin, "metadataMap": {}} for asin in (C, A, B)]).replace('"', "&quot;")
    grid = f'<div class="p13n-desktop-grid" data-client-recs-list="{entries}"><div id="{C}"></div></div>'
    following = '<ul class="a-pagination"><li class="a-last"><a href="/gp/bestsellers/toys?pg=2">→</a></li></ul>'
    found = listing(grid + following, "https://www.amazon.co.jp/gp/bestsellers/toys")
    assert (found.asins, found.next_url) == ((C, A, B), "https://www.amazon.co.jp/gp/bestsellers/toys?pg=2")


@pytest.mark.parametrize(
    "body",
    [
        "<ol id='zg-ordered-list'><li><div data-p13n-asin-metadata='{\"asin\":\"%s\"}'></div></li>"
        '<li><div data-p13n-asin-metadata=\'{"asin":"%s"}\'></div></li></ol>',
        "<div id='zg_centerListWrapper'><a href='/Some-Title/dp/%s/ref=zg_1'>1</a><a href='/dp/%s?psc=1'>2</a></div>",
    ],
)
def test_older_bestseller_lists_are_read(body: str) -> None:
    assert listing(body % (A, C), "https://www.amazon.com/gp/bestsellers").asins == (A, C)


def test_drawn_cells_of_a_ranking_count_without_its_list() -> None:
    cells = "".join(
        f'<div id="gridItemRoot"><div class="p13n-sc-uncoverable-faceout" id="{asin}"></div></div>' for asin in (B, A)
    )
    assert listing(cells, "https://www.amazon.in/gp/bestsellers/books").asins == (B, A)
