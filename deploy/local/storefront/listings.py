"""The truth about list pages: which products a search, a category or a bestseller list holds, in order."""

import random
from enum import StrEnum

from deploy.local.storefront.asins import draw_asin, nth_asin
from deploy.local.storefront.marketplaces import require_marketplace

BESTSELLERS_PER_PAGE = 50
BESTSELLERS_TOTAL = 100
OTHER_RANKINGS = ("new-releases", "movers-and-shakers", "most-wished-for", "most-gifted")


class Listing(StrEnum):
    """The kinds of list; the key is the keyword, the node, or the path after ``bestsellers``.

    The other rankings are bestseller lists too, whose key is the path after ``gp``: ``new-releases/toys``.
    """

    SEARCH = "search"
    CATEGORY = "category"
    BESTSELLERS = "bestsellers"


def ranking_path(key: str) -> str:
    """The path under which the ranking with this key is, for example ``/gp/bestsellers/toys``."""
    return f"/gp/{key}" if key.partition("/")[0] in OTHER_RANKINGS else f"/gp/bestsellers/{key}"


def total_of(host: str, kind: str, key: str, *, products: int | None = None, seed: int = 0) -> int:
    """How many organic products the list has: ``products``, else 60 to 400 drawn from the key; none if it says so."""
    if Listing(kind) is Listing.BESTSELLERS:
        return min(BESTSELLERS_TOTAL, BESTSELLERS_TOTAL if products is None else products)
    if "none" in key.lower():
        return 0
    return products if products is not None else _chance(host, kind, key, seed).randint(60, 400)


def page_size(host: str, kind: str, key: str, *, seed: int = 0) -> int:
    """How many organic products a page of the list has: 16, 24 or 48 in searches, 50 bestsellers."""
    if Listing(kind) is Listing.BESTSELLERS:
        return BESTSELLERS_PER_PAGE
    return _chance(host, f"{kind}/size", key, seed).choice((16, 24, 48))


def page_count(host: str, kind: str, key: str, *, products: int | None = None, seed: int = 0) -> int:
    """How many pages the list has."""
    return -(-total_of(host, kind, key, products=products, seed=seed) // page_size(host, kind, key, seed=seed))


def organic_asins(
    host: str, kind: str, key: str, page: int, *, products: int | None = None, seed: int = 0
) -> tuple[str, ...]:
    """The organic products of a page (from 1) in order; empty past the last page. No product is twice in a list."""
    size = page_size(host, kind, key, seed=seed)
    total = total_of(host, kind, key, products=products, seed=seed)
    start = _chance(host, f"{kind}/start", key, seed).randrange(10**10)
    return tuple(nth_asin(start + place) for place in range((page - 1) * size, min(page * size, total)))


def sponsored_asins(
    host: str, kind: str, key: str, page: int, *, products: int | None = None, seed: int = 0
) -> tuple[str, ...]:
    """The advertised products mixed into a page; the first one also ranks among its organic products on odd pages."""
    organic = organic_asins(host, kind, key, page, products=products, seed=seed)
    if not organic or Listing(kind) is Listing.BESTSELLERS:
        return ()
    chance = _chance(host, f"{kind}/ads/{page}", key, seed)
    ads = tuple(draw_asin(chance) for _ in range(chance.randint(3, 6)))
    return (organic[-1], *ads[1:]) if page % 2 else ads


def _chance(host: str, purpose: str, key: str, seed: int) -> random.Random:
    return random.Random(f"{seed}/{require_marketplace(host).host}/{purpose}/{key}")
