"""What an address of a marketplace asks for; pure, no lookup."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, unquote

from deploy.local.storefront.listings import OTHER_RANKINGS, Listing
from deploy.local.storefront.words import WORDS

_LANGUAGE = re.compile(r"^/-/([a-z]{2})(?:[_-][A-Za-z]{2})?(?=/)")
_PRODUCT = re.compile(r"(?:^|/)(?:dp|gp/product|gp/aw/d|exec/obidos/ASIN|o/ASIN)/([0-9A-Za-z]{10})(?=/|$)")
_BESTSELLERS = re.compile(r"(?:^/gp/bestsellers|/zgbs)(?:/(.*))?$")
_OTHER_RANKING = re.compile(rf"^/gp/((?:{'|'.join(OTHER_RANKINGS)})(?:/.*)?)$")
_CATEGORY = re.compile(r"(?:^|/)(?:b|gp/browse\.html)(?:/|$)")
_NODE_FILTER = re.compile(r"(?:^|,)n:(\d+)")


class Kind(StrEnum):
    """The kinds of page."""

    PRODUCT = "product"
    LISTING = "listing"
    ROBOTS = "robots"
    HOME = "home"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """A page asked for. ``language`` is that of an address with ``/-/en/``, else None for the marketplace's own."""

    kind: Kind
    language: str | None = None
    asin: str = ""
    listing: Listing = Listing.SEARCH
    key: str = ""
    page: int = 1


def route_of(path: str, query: str) -> Route:
    """The page that ``path`` (still percent-encoded) and ``query`` name; ``Kind.UNKNOWN`` for any other."""
    path = unquote(path)
    prefix = _LANGUAGE.match(path)
    language = None
    if prefix:
        path = path[prefix.end() :]
        language = prefix[1] if prefix[1] in WORDS else "en"
    if product := _PRODUCT.search(path):
        return Route(Kind.PRODUCT, language, asin=product[1].upper())
    values = {name: found[0] for name, found in parse_qs(query).items()}
    if bestsellers := _BESTSELLERS.search(path):
        return _listing(Listing.BESTSELLERS, language, _without_ref(bestsellers[1] or ""), values.get("pg", "1"))
    if ranking := _OTHER_RANKING.search(path):
        return _listing(Listing.BESTSELLERS, language, _without_ref(ranking[1]), values.get("pg", "1"))
    if path.rstrip("/") == "/s" or path.startswith("/s/"):
        return _search(language, values)
    if _CATEGORY.search(path) and "node" in values:
        return _listing(Listing.CATEGORY, language, values["node"], values.get("page", "1"))
    return Route({"/robots.txt": Kind.ROBOTS, "/": Kind.HOME}.get(path, Kind.UNKNOWN), language)


def _search(language: str | None, values: dict[str, str]) -> Route:
    page = values.get("page", "1")
    if keyword := values.get("k") or values.get("field-keywords"):
        return _listing(Listing.SEARCH, language, keyword, page)
    filtered = _NODE_FILTER.search(values.get("rh", ""))
    node = values.get("node") or (filtered and filtered[1])
    return _listing(Listing.CATEGORY, language, node, page) if node else Route(Kind.UNKNOWN, language)


def _listing(listing: Listing, language: str | None, key: str, page: str) -> Route:
    number = int(page) if page.isascii() and page.isdigit() else 1
    return Route(Kind.LISTING, language, listing=listing, key=key, page=max(1, min(number, 10**6)))


def _without_ref(path: str) -> str:
    return "/".join(part for part in path.split("/") if part and not part.startswith("ref="))
