"""Addresses of Amazon pages: which page is meant, and its one canonical form."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from shared.amazon.identifiers import ASIN_PATTERN, Item
from shared.amazon.marketplaces import MARKETPLACES, Marketplace, by_host

Kind = Literal["product", "search", "category", "bestseller"]
Pairs = list[tuple[str, str]]

_LONGEST = 4096
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://|(?!\d))")
_LANGUAGE = re.compile(r"/-/[A-Za-z]{2}(?:[_-][A-Za-z]{2})?(?=/|$)")
_REF = re.compile(r"ref=|ref$|\d{3}-\d{7}-\d{7}$")
_ASIN = re.compile(rf"({ASIN_PATTERN})(?![0-9A-Z])", re.IGNORECASE)
_NODE = re.compile(r"(?:^|[,|])n:!?(\d+)")
_RH_KEYWORD = re.compile(r"(?:^|,)k:([^,]+)")
_DIGITS = re.compile(r"\d{1,20}")

# The path segments after which a product's ASIN stands.
PRODUCT_FORMS: tuple[tuple[str, ...], ...] = (
    ("dp",),
    ("gp", "product"),
    ("gp", "product", "glance"),
    ("gp", "aw", "d"),
    ("gp", "offer-listing"),
    ("exec", "obidos", "asin"),
    ("exec", "obidos", "tg", "detail", "-"),
    ("o", "asin"),
    ("d",),
    ("product-reviews",),
)
# Rankings: the first segments of the path, or a segment anywhere in it.
RANKING_FORMS = frozenset({"bestsellers", "new-releases", "movers-and-shakers", "most-wished-for", "most-gifted"})
RANKING_SEGMENT = "zgbs"
SEARCH_FORMS: tuple[tuple[str, ...], ...] = (("s",), ("gp", "search"), ("mn", "search"), ("gp", "aw", "s"))
CATEGORY_FORMS: tuple[tuple[str, ...], ...] = (
    ("gp", "browse.html"),
    ("gp", "browse"),
    ("exec", "obidos", "tg", "browse"),
)
# Query parameters that change which products a listing shows; every other one is tracking.
_MEANING = re.compile(
    r"k|node|rh|i|me|merchant|bbn|s|sort|srs|page|pg|low-price|high-price|hidden-keywords|marketplaceID|field-\w+|p_\w+"
)


class UnsupportedAddress(ValueError):  # noqa: N818 - a verdict on the input, not a fault
    """An address nothing can be collected from. `code` is stable, `message` tells a person why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Address:
    """A recognised page. `url` is canonical: https, the marketplace's own host, no tracking, no language prefix."""

    kind: Kind
    marketplace: str
    asin: str | None
    url: str


def recognise(url: str, allowed: Collection[str]) -> Address:
    """What page `url` names, on one of the `allowed` marketplaces (their names). Raises UnsupportedAddress."""
    parts = _split(url)
    place = _marketplace(parts, allowed)
    path = _LANGUAGE.sub("", unquote(parts.path), count=1)
    segments = [segment for segment in path.split("/") if segment not in {"", ".", ".."}]
    asin = _product_asin(segments)
    if asin is not None:
        return Address("product", place.name, asin, product_url(Item(asin, place.name)))
    segments = [segment for segment in segments if not _REF.match(segment)]
    pairs = parse_qsl(parts.query, keep_blank_values=False, max_num_fields=None)
    for reader in (_ranking, _listing):
        found = reader(place, segments, pairs)
        if found is not None:
            return found
    raise UnsupportedAddress(
        "unsupported_page", "This is not the address of a product, a search, a category or a bestseller list."
    )


def product_url(item: Item) -> str:
    """The canonical address of a product's page."""
    return f"https://{MARKETPLACES[item.marketplace].host}/dp/{item.asin}"


def search_url(marketplace: str, keyword: str, page: int = 1) -> str:
    """The address of page `page` (from 1) of a keyword search. The keyword must not be blank."""
    words = " ".join(keyword.split())
    if not words:
        raise ValueError("the keyword is blank")
    return page_url(_address("search", MARKETPLACES[marketplace], "/s", [("k", words)]), page)


def page_url(address: Address, number: int) -> str:
    """The address of page `number` (from 1) of a listing; a product has only page 1."""
    if number < 1 or (number > 1 and address.kind == "product"):
        raise ValueError(f"a {address.kind} page has no page {number}")
    parts = urlsplit(address.url)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"page", "pg"}]
    path = parts.path
    if address.kind == "category" and path == "/b" and number > 1:  # only the first page is served under /b
        path, pairs = "/s", [("rh", f"n:{value}") if name == "node" else (name, value) for name, value in pairs]
    if number > 1:
        pairs.append(("pg" if address.kind == "bestseller" else "page", str(number)))
    return _compose(parts.netloc, path, pairs)


def _split(url: str) -> SplitResult:
    text = url.strip()
    if not text:
        raise UnsupportedAddress("empty", "The address is empty.")
    if len(text) > _LONGEST:
        raise UnsupportedAddress("too_long", f"The address is longer than {_LONGEST} characters.")
    if _FORBIDDEN.search(text):
        raise UnsupportedAddress("malformed", "The address holds a space, a backslash or a control character.")
    if not text.isprintable():  # lone surrogates included, which cannot be encoded
        raise UnsupportedAddress("malformed", "The address holds characters that cannot be shown.")
    scheme = _SCHEME.match(text)
    if scheme is None:
        text = "https://" + text.removeprefix("//")
    elif scheme[1].lower() not in {"https", "http"}:
        raise UnsupportedAddress("scheme", f"Only https addresses are fetched, not {scheme[1].lower()}.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UnsupportedAddress("malformed", "This is not a well-formed address.") from error
    if "@" in parts.netloc:
        raise UnsupportedAddress("userinfo", "The address holds a user name or password; leave it out.")
    if port is not None or parts.netloc.endswith(":"):
        raise UnsupportedAddress("port", "The address names a port; leave it out.")
    return parts


def _marketplace(parts: SplitResult, allowed: Collection[str]) -> Marketplace:
    host = parts.hostname or ""
    place = by_host(host)
    if place is None:
        raise UnsupportedAddress("host", f"{host[:80]!r} is not an Amazon marketplace.")
    if place.name not in allowed:
        raise UnsupportedAddress("marketplace", f"{place.name} is not among the configured marketplaces.")
    return place


def _product_asin(segments: list[str]) -> str | None:
    """The ASIN that follows the first product form; an address of that form without one is refused."""
    lowered = [segment.lower() for segment in segments]
    mistaken: str | None = None
    for start in range(len(segments)):
        for form in PRODUCT_FORMS:
            end = start + len(form)
            if end < len(segments) and tuple(lowered[start:end]) == form:
                found = _ASIN.match(segments[end])
                if found:
                    return found[1].upper()
                mistaken = segments[end]
    if mistaken is not None and lowered[0] not in {"s", "b"} and RANKING_SEGMENT not in lowered:
        raise UnsupportedAddress("invalid_asin", f"{mistaken[:80]!r} in the address is not an ASIN.")
    return None


def _ranking(place: Marketplace, segments: list[str], pairs: Pairs) -> Address | None:
    lowered = [segment.lower() for segment in segments]
    named = lowered[:1] == ["bestsellers"] or (lowered[:1] == ["gp"] and not RANKING_FORMS.isdisjoint(lowered[1:2]))
    if not named and RANKING_SEGMENT not in lowered:
        return None
    kept = [(name, value) for name, value in pairs if name == "pg" and _DIGITS.fullmatch(value)]
    return _address("bestseller", place, "/" + "/".join(segments), kept)


def _listing(place: Marketplace, segments: list[str], pairs: Pairs) -> Address | None:
    lowered = tuple(segment.lower() for segment in segments)
    is_search = lowered in SEARCH_FORMS
    is_category = lowered in CATEGORY_FORMS or (lowered[-1:] == ("b",) and len(lowered) <= 2)
    if not is_search and not is_category:
        return None
    kept = _meaning(pairs)
    names = dict(kept)
    node = names.get("node") or next(iter(_NODE.findall(names.get("rh", ""))), None)
    if is_category:
        if node is None:
            raise UnsupportedAddress("no_node", "The address of a category must name it by node=….")
        return _address("category", place, "/b", kept)
    if not names.keys() - {"page", "pg", "s", "sort", "i", "marketplaceID"}:
        raise UnsupportedAddress("no_keyword", "The address of a search must hold a keyword, a category or a seller.")
    return _address("search" if "k" in names or node is None else "category", place, "/s", kept)


def _meaning(pairs: Pairs) -> Pairs:
    """The parameters that choose products, older spellings of the keyword and the department brought to today's."""
    given = {name: value.strip() for name, value in reversed(pairs) if value.strip()}
    within = _RH_KEYWORD.search(given.get("rh", ""))
    keyword = given.get("k") or given.get("field-keywords") or given.get("keywords") or (within[1] if within else None)
    kept = {"k": keyword} if keyword else {}
    alias = given.get("url", "")
    if alias.startswith("search-alias="):
        kept["i"] = alias.removeprefix("search-alias=")
    for name, _ in pairs:
        if name in given and name != "field-keywords" and _MEANING.fullmatch(name):
            kept.setdefault(name, given[name])
    return list(kept.items())


def _address(kind: Kind, place: Marketplace, path: str, pairs: Pairs) -> Address:
    return Address(kind, place.name, None, _compose(place.host, quote(path, safe="/-_.~"), pairs))


def _compose(host: str, path: str, pairs: Pairs) -> str:
    query = urlencode(pairs)
    return f"https://{host}{path}" + (f"?{query}" if query else "")
