"""Pages that list products: searches, categories, sellers' shelves and bestseller lists, in layouts since 2013."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from shared.amazon.identifiers import ASIN_PATTERN, looks_like_asin
from shared.amazon.marketplaces import by_host
from shared.amazon.pages.document import Document, attribute, parse_json
from shared.amazon.pages.model import Listing
from shared.amazon.pages.rules import Answer, Field

_IN_PATH = re.compile(rf"/(?:dp|gp/product|d)/({ASIN_PATTERN})(?![0-9A-Z])")
# What marks a result as advertised, in layouts new and old.
_AD_MARKS = ", ".join(
    (
        ".puis-sponsored-label-text",
        ".puis-sponsored-label-info-icon",
        ".s-sponsored-label-text",
        ".s-sponsored-label-info-icon",
        ".s-sponsored-info-icon",
        ".s-sponsored-header",
        ".s-sponsored-list-header",
        ".sp-sponsored-label",
        "[data-component-type='sp-sponsored-result']",
        "[data-component-type='s-sponsored-label']",
        "[id^='sponsored-feedback']",
        "a[href*='/sspa/click']",
        "a[href*='/gp/slredirect/']",
    )
)
_AD_CLASSES = re.compile(r"\bAdHolder\b|\bs-sponsored\b|\bs-result-item--sponsored\b")
# Where results stand; the first form that the page has is its layout.
RESULTS = (
    ("2019", "[data-component-type='s-search-result'][data-asin]"),
    ("2015", "li.s-result-item[data-asin]"),
    ("2019-plain", "div.s-result-item[data-asin]"),
    ("2014", "[id^='result_'][data-asin]"),
    ("2012", "[id^='result_'][name]"),
)
# What a search page without results still has.
EMPTY = ", ".join(
    (".s-no-results-message", "#noResultsTitle", ".s-main-slot", "#s-results-list-atf", "#s-results-list-btf")
)
_MOST_RESULTS = 500
_CLIMB = 60
Asins = tuple[tuple[str, ...], tuple[str, ...]]


def _distinct(asins: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(asin for asin in asins if looks_like_asin(asin)))


def _advertised(document: Document, results: Iterable[LexborNode]) -> set[int]:
    """The results (their memory ids) that hold a mark or a link of an advertisement, or are one by their class."""
    known = {node.mem_id: bool(_AD_CLASSES.search(attribute(node, "class"))) for node in results}
    for mark in document.tree.css(_AD_MARKS):
        node: LexborNode | None = mark
        for _ in range(_CLIMB):
            if node is None or node.mem_id in known:
                break
            node = node.parent
        if node is not None and node.mem_id in known:
            known[node.mem_id] = True
    return {result for result, advertised in known.items() if advertised}


def _results(document: Document) -> Answer[Asins]:
    for name, selector in RESULTS:
        nodes = document.tree.css(selector)[:_MOST_RESULTS]
        if not nodes:
            continue
        advertised = _advertised(document, nodes)
        asins = [(attribute(node, "data-asin") or attribute(node, "name"), node.mem_id in advertised) for node in nodes]
        organic = _distinct(asin for asin, is_advertised in asins if not is_advertised)
        sponsored = _distinct(asin for asin, is_advertised in asins if is_advertised)
        if organic or sponsored:
            return Answer((organic, sponsored), name)
    return Answer()


def _recommended(document: Document, node: LexborNode) -> tuple[str, ...] | None:
    """All ranked ids of a bestseller page, those that are drawn later included."""
    entries = parse_json(attribute(node, "data-client-recs-list"))
    if not isinstance(entries, list):
        return None
    return _distinct(str(entry.get("id", "")) for entry in entries if isinstance(entry, dict)) or None


def _all_recommended(document: Document, node: LexborNode) -> tuple[str, ...] | None:
    lists = [_recommended(document, part) or () for part in node.css("[data-client-recs-list]")]
    return _distinct(asin for asins in lists for asin in asins) or None


def _metadata(document: Document, node: LexborNode) -> tuple[str, ...] | None:
    data = [parse_json(attribute(part, "data-p13n-asin-metadata")) for part in node.css("[data-p13n-asin-metadata]")]
    return _distinct(str(entry.get("asin", "")) for entry in data if isinstance(entry, dict)) or None


def _faceouts(document: Document, node: LexborNode) -> tuple[str, ...] | None:
    """The drawn cells of a ranking whose list of all is missing; each bears its ASIN as its id."""
    return _distinct(cell.id or "" for cell in node.css(".p13n-sc-uncoverable-faceout[id]")) or None


def _linked(document: Document, node: LexborNode) -> tuple[str, ...] | None:
    found = (_IN_PATH.search(attribute(link, "href")) for link in node.css("a[href]"))
    return _distinct(match[1] for match in found if match) or None


RANKED: Field[tuple[str, ...]] = Field(
    "asins",
    (
        ("grid", ".p13n-desktop-grid[data-client-recs-list]", _recommended),
        ("recs-list", "", _all_recommended),
        ("ranked-2019", "#zg-ordered-list", _metadata),
        ("ranked-2019-links", "#zg-ordered-list", _linked),
        ("ranked-2015", "#zg_centerListWrapper", _metadata),
        ("ranked-2015-links", "#zg_centerListWrapper", _linked),
        ("ranked-carousels", "#zg-center-div", _linked),
        ("ranked-carousels-2015", "#zg_left_col1", _linked),
        ("ranked", "#zg", _linked),
        ("faceouts", "", _faceouts),
    ),
)


def _target(document: Document, node: LexborNode) -> str | None:
    href = attribute(node, "href").strip()
    if not href or href.startswith("#"):
        return None
    try:
        url = urljoin(f"https://{document.place.host}/", href)
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    return url if by_host(host) is document.place else None


def _target_within(document: Document, node: LexborNode) -> str | None:
    link = node.css_first("a[href]")
    return _target(document, link) if link is not None else None


NEXT = Field(
    "next_url",
    (
        ("2020", "a.s-pagination-next", _target),
        ("2015", "#pagnNextLink", _target),
        ("2019", "ul.a-pagination li.a-last", _target_within),
        ("2014", "#pagnNextString", _target_within),
        ("2013", ".pagnNext", _target_within),
        ("ranked-2015", ".zg_page.zg_selected + .zg_page", _target_within),
        ("rel", 'link[rel="next"]', _target),
    ),
)


def read_listing(document: Document) -> tuple[Listing, dict[str, str]] | None:
    """The listing of the page with its trace, or None if the page lists nothing."""
    found = _results(document)
    ranked: Answer[Any] = Answer() if found.value else RANKED.read(document)
    if found.value is None and ranked.value is None and not document.tree.css_first(EMPTY):
        return None
    organic, sponsored = found.value or (ranked.value or (), ())
    following = NEXT.read(document)
    trace = {"asins": found.rule or ranked.rule, "next_url": following.rule}
    listing = Listing(organic, sponsored, following.value)
    return listing, {name: rule for name, rule in trace.items() if rule}


def explain_listing(document: Document) -> dict[str, list[dict[str, Any]]]:
    """What each layout's rules find on the page."""
    results = [
        {"rule": name, "where": selector, "answer": len(document.tree.css(selector))} for name, selector in RESULTS
    ]
    return {"asins": results + RANKED.explain(document), "next_url": NEXT.explain(document)}
