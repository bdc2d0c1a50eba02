"""Searches and categories as the Creators API can answer them: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from shared.amazon.addresses import Address, page_url
from shared.amazon.identifiers import looks_like_asin
from shared.amazon.pages import Listing
from shared.creators.items import Json
from shared.errors import PermanentError

PER_PAGE = 10
# The API serves no more pages of one search.
MOST_PAGES = 10
# The least that names an item.
RESOURCES = ("itemInfo.title",)

SORTS: Mapping[str, str] = {
    "relevancerank": "Relevance",
    "relevanceblender": "Relevance",
    "featured-rank": "Featured",
    "review-rank": "AvgCustomerReviews",
    "date-desc-rank": "NewestArrivals",
    "price-asc-rank": "Price:LowToHigh",
    "price-desc-rank": "Price:HighToLow",
}
_NODE = re.compile(r"n:(\d{1,19})")
_LONGEST_KEYWORDS = 1000


def search_of(address: Address) -> dict[str, object]:
    """What to ask `searchItems` for, so that it answers what the listing at `address` shows.

    Raises PermanentError for what the API cannot answer: ranking lists, and filters that it does not know. They are
    refused rather than left out, because the answer would be other products than those asked for.
    """
    if address.kind not in {"search", "category"}:
        raise _unsupported(f"a {address.kind} page")
    wanted = dict(parse_qsl(urlsplit(address.url).query))
    asked: dict[str, object] = {"itemCount": PER_PAGE, "itemPage": _page(wanted), "resources": list(RESOURCES)}
    for name, value in wanted.items():
        asked.update(_parameter(name, value))
    if not asked.keys() & {"keywords", "browseNodeId"}:
        raise _unsupported("a search without words or category")
    return asked


def _page(wanted: Mapping[str, str]) -> int:
    text = wanted.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) < 4 else 0
    if not 1 <= number <= MOST_PAGES:
        raise _unsupported(f"page {text[:20]!r} of a search")
    return number


def _parameter(name: str, value: str) -> dict[str, object]:
    """One parameter of the address in the API's terms."""
    node = _NODE.fullmatch(value if name == "rh" else f"n:{value}" if name == "node" else "")
    if node is not None:
        return {"browseNodeId": node[1]}
    if name == "k" and len(value) <= _LONGEST_KEYWORDS:
        return {"keywords": value}
    if name in {"s", "sort"} and value in SORTS:
        return {"sortBy": SORTS[value]}
    if name == "page" or (name == "i" and value == "aps"):  # the page is taken; aps is all departments
        return {}
    raise _unsupported(f"a search with {name}={value[:40]}")


def _unsupported(what: str) -> PermanentError:
    return PermanentError(f"the Creators API cannot answer {what}", code="unsupported_by_source")


def listing_of(answer: Json, address: Address, page: int) -> Listing:
    """The products of one page of results, in order, and the address of the next page while there is one."""
    result = answer.get("searchResult")
    items = result.get("items") if isinstance(result, Mapping) else None
    found = [item.get("asin") for item in items or () if isinstance(item, Mapping)] if isinstance(items, list) else []
    asins = tuple(dict.fromkeys(asin for asin in found if isinstance(asin, str) and looks_like_asin(asin)))
    total = result.get("totalResultCount") if isinstance(result, Mapping) else None
    known = not isinstance(total, bool) and isinstance(total, int)
    more = page < MOST_PAGES and (page * PER_PAGE < total if known and total is not None else len(found) >= PER_PAGE)
    return Listing(asins=asins, next_url=page_url(address, page + 1) if asins and more else None)
