"""What the product is called: its ASIN, its parent's, title, brand and author."""

from __future__ import annotations

import re
from collections.abc import Container
from urllib.parse import parse_qs, unquote, urlsplit

from selectolax.lexbor import LexborNode

from shared.amazon.identifiers import ASIN_PATTERN, looks_like_asin
from shared.amazon.pages.document import Document, attribute, text_of
from shared.amazon.pages.product.details import detail
from shared.amazon.pages.product.names import AUTHOR_ROLES, BRAND_LABELS, PERFORMER_ROLES, brand_of_byline
from shared.amazon.pages.rules import Field, Reader, Rule
from shared.amazon.pages.text import clean

_IN_PATH = re.compile(rf"/(?:dp|gp/product|gp/aw/d|d)/({ASIN_PATTERN})(?![0-9A-Z])")
_CHOICES = ("variation_", "inline-twister-", "tp-inline-twister", "twister-plus-inline")
_PARENT_MARK = b'"parent'
_PARENT = re.compile(rb'"parent_?[aA]sin"\s*:\s*"(B[0-9A-Z]{9})"')
# How the page's own title holds the product's, between the shop's name and its department.
PAGE_TITLES = (
    r"amazon\.[a-z.]+ ?: (.+) : [^:]+",
    r"(.+?)(?: :|:) amazon\.[a-z.]+(?: ?: .*)?",
    r"(.+): buy online at best price in [a-z ]+ - (?:[a-z ]+ )?amazon\.[a-z.]+",
    r"buy (.+) online at (?:low|best) prices? in [a-z ]+ - amazon\.[a-z.]+",
    r"amazon ?\| ([^|]+) ?\|[^|]+通販",
    r"([^|]+) ?\|[^|]+\|[^|]+\| ?通販 ?\| ?amazon",
)
_PAGE_TITLES = tuple(re.compile(form, re.IGNORECASE) for form in PAGE_TITLES)
_SHOP = re.compile(r"amazon|アマゾン|亚马逊|أمازون|通販|\|", re.IGNORECASE)
_STORE = re.compile(r"/stores/([^/?]+)")
_LONGEST_NAME = 120
_MOST_WORDS = 12

_ASIN_LABELS = ("asin", "isbn-10", "isbn10", "asin/isbn", "asin番号")


def text_at(document: Document, node: LexborNode) -> str | None:
    """The node's text, or its value if it is an input."""
    return clean(attribute(node, "value")) if node.tag == "input" else text_of(node) or None


def asin_in(name: str) -> Reader[str]:
    """Reads an ASIN from an attribute."""

    def read(document: Document, node: LexborNode) -> str | None:
        value = attribute(node, name).strip()
        return value if looks_like_asin(value) else None

    return read


def _asin_in_link(document: Document, node: LexborNode) -> str | None:
    found = _IN_PATH.search(attribute(node, "href"))
    return found[1] if found else None


def _asin_in_details(document: Document, node: LexborNode) -> str | None:
    for value in detail(document, _ASIN_LABELS):
        if looks_like_asin(value):
            return value
    return None


def address_rule(asin: str | None) -> Reader[str]:
    """The ASIN that was asked for, if the page mentions it."""

    def read(document: Document, node: LexborNode) -> str | None:
        return asin if asin and asin.encode() in document.raw else None

    return read


def asin_field(asked: str | None) -> Field[str]:
    """The rules for the page's own ASIN.

    Links often name the parent or a sibling, so they count only where no ASIN was asked for.
    """
    links: tuple[Rule[str], ...] = (
        ("canonical", 'link[rel="canonical"]', _asin_in_link),
        ("og-url", 'meta[property="og:url"]', lambda _, node: _link_in(attribute(node, "content"))),
    )
    return Field(
        "asin",
        (
            ("form", "#ASIN", asin_in("value")),
            ("details", "", _asin_in_details),
            ("price-widget", "#corePriceDisplay_desktop_feature_div", asin_in("data-csa-c-asin")),
            ("reviews-widget", "#averageCustomerReviews", asin_in("data-asin")),
            ("metrics", "#cerberus-data-metrics", asin_in("data-asin")),
            ("address", "", address_rule(asked)),
            *(() if asked else links),
        ),
    )


def _link_in(url: str) -> str | None:
    found = _IN_PATH.search(url)
    return found[1] if found else None


def _parent_in_source(document: Document, node: LexborNode) -> str | None:
    """The parent that the scripts name. Only pages that let one choose are searched, for the source is long."""
    if not any(name.startswith(_CHOICES) for name in document.ids):
        return None
    start = document.raw.find(_PARENT_MARK)
    while start >= 0:
        found = _PARENT.match(document.raw, start)
        if found:
            return found[1].decode()
        start = document.raw.find(_PARENT_MARK, start + 1)
    return None


PARENT_ASIN = Field("parent_asin", (("twister", "", _parent_in_source),))


def _page_title(document: Document, node: LexborNode) -> str | None:
    """The product's title in the page's, where it is certain which part that is."""
    text = clean(attribute(node, "content"))
    found = next((match for form in _PAGE_TITLES if (match := form.fullmatch(text))), None)
    if found is not None:
        return found[1].strip() or None
    return None if _SHOP.search(text) else text or None


def _own_title(document: Document, node: LexborNode) -> str | None:
    """The title without the binding and date that follow it inside the heading, paler than it."""
    parts = node.css("span")
    title = next((part for part in parts if "a-color-secondary" not in attribute(part, "class")), None)
    return text_of(node if not parts else title) or None


TITLE = Field(
    "title",
    (
        ("desktop", "#productTitle", text_at),
        ("kindle", "#ebooksProductTitle", text_at),
        ("mobile", "#title", _own_title),
        ("mobile-expander", "#titleExpanderContent", text_at),
        ("2013", "#btAsinTitle", text_at),
        ("app", "#mas-title", _own_title),
        ("video", '[data-automation-id="title"]', text_at),
        ("gift-card", "#gc-asin-title", text_at),
        ("feature", "#title_feature_div h1", text_at),
        ("music", "#dmusicProductTitle_feature_div h1", text_at),
        ("meta", 'meta[name="title"]', _page_title),
    ),
)


def _byline(document: Document, node: LexborNode) -> str | None:
    return brand_of_byline(text_of(node)) if node.tag == "a" else None


def _plain_byline(document: Document, node: LexborNode) -> str | None:
    """A link that is the brand's name itself, as in the layouts before 2020: not one to a store, which has a verb."""
    text = text_of(node)
    is_store = "/stores/" in attribute(node, "href")
    return text if node.tag == "a" and text and not is_store and len(text) <= _LONGEST_NAME else None


def _byline_store(document: Document, node: LexborNode) -> str | None:
    """The words of the byline that the store's address spells, whatever the language around them."""
    store = _STORE.search(attribute(node, "href")) if node.tag == "a" else None
    slug = _letters(unquote(store[1])) if store else ""
    words = text_of(node).split()[:_MOST_WORDS]
    runs = (words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    return next((" ".join(run) for run in runs if slug and _letters("".join(run)) == slug), None)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _byline_link(document: Document, node: LexborNode) -> str | None:
    query = parse_qs(urlsplit(attribute(node, "href")).query) if node.tag == "a" else {}
    for name in ("field-lbr_brands_browse-bin", "field-brandtextbin"):
        if query.get(name):
            return clean(query[name][0]) or None
    return None


def _logo(document: Document, node: LexborNode) -> str | None:
    return clean(attribute(node, "alt")) or None


def _in_details(labels: Container[str]) -> Reader[str]:
    def read(document: Document, node: LexborNode) -> str | None:
        return next((value for value in detail(document, labels) if len(value) <= _LONGEST_NAME), None)

    return read


BRAND = Field(
    "brand",
    (
        ("byline", "#bylineInfo", _byline),
        ("overview", "#productOverview_feature_div tr.po-brand td:nth-child(2)", text_at),
        ("byline-name", "#bylineInfo", _plain_byline),
        ("byline-store", "#bylineInfo", _byline_store),
        ("stores-name", "#amznStoresBylineLogoTextContainer a.a-text-bold", text_at),
        ("stores-byline", "#amznStoresBylineLogoTextContainer a", _byline),
        ("stores-byline-store", "#amznStoresBylineLogoTextContainer a", _byline_store),
        ("brand-link", "#brand", _plain_byline),
        ("brand-logo", "#brand img", _logo),
        ("2013", "h1.parseasinTitle ~ span a", _plain_byline),
        ("logo-byline", "#bylineInfo img", _logo),
        ("byline-query", "#bylineInfo", _byline_link),
        ("brand-query", "#brand", _byline_link),
        ("details", "", _in_details(BRAND_LABELS)),
    ),
)


def _contributor(roles: re.Pattern[str], wanted: bool) -> Reader[str]:
    """Reads a contributor's name if what its role matches is as wanted; one without a stated role counts."""

    def read(document: Document, node: LexborNode) -> str | None:
        role = text_of(node.css_first(".contribution")).strip("(),、 ")
        if role and bool(roles.search(role)) is not wanted:
            return None
        return text_of(node.css_first("a.contributorNameID") or node.css_first("a.a-link-normal")) or None

    return read


def _old_author(document: Document, node: LexborNode) -> str | None:
    return text_of(node) or None


AUTHOR: Field[str] = Field(
    "author",
    (
        ("author", "#bylineInfo .author", _contributor(AUTHOR_ROLES, True)),
        ("author-2017", "#byline .author", _contributor(AUTHOR_ROLES, True)),
        ("contributor", "#bylineInfo .author", _contributor(PERFORMER_ROLES, False)),
        ("contributor-2017", "#byline .author", _contributor(PERFORMER_ROLES, False)),
        ("follow", "#followTheAuthor_feature_div .authorNameColumn a", _old_author),
        ("2013", "#byLinePinpoint a", _old_author),
    ),
)
