"""Which page answers a request of a marketplace, and how it is rendered."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from deploy.local.storefront.asins import exists
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.listings import Listing
from deploy.local.storefront.marketplaces import Marketplace
from deploy.local.storefront.render.errors import render_error
from deploy.local.storefront.render.listing import ListPage, render_listing
from deploy.local.storefront.render.product import render_product
from deploy.local.storefront.reply import HTML, TEXT
from deploy.local.storefront.routes import Kind, Route
from deploy.local.storefront.saved import SavedPages

_ROBOTS = b"""User-agent: *
Disallow: /ap/signin
Disallow: /gp/cart
Disallow: /gp/offer-listing/
Disallow: /gp/product/handle-buy-box
Disallow: /sspa/click
"""


@dataclass(frozen=True, slots=True)
class World:
    """What the storefront holds: see the options of the command line."""

    page_bytes: int = 60_000
    products: int | None = None
    seed: int = 0
    pages: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A page to be: its status now, its body by calling ``render``, equal for equal ``key``."""

    status: int
    key: Hashable
    render: Callable[[], bytes]
    content_type: str = HTML


class Pages:
    """Chooses the page for a route. Choosing is quick; rendering is left to the caller's time and thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._saved = SavedPages(world.pages)

    def answer(self, market: Marketplace, route: Route) -> Answer:
        """The answer to a route on a marketplace."""
        key = (market.host, route)
        match route.kind:
            case Kind.PRODUCT:
                return self._product(market, route)
            case Kind.LISTING:
                return Answer(HTTPStatus.OK, key, partial(self._listing, market, route))
            case Kind.ROBOTS:
                return Answer(HTTPStatus.OK, key, lambda: _ROBOTS, TEXT)
            case Kind.HOME:
                # The front page shows what sells best.
                return Answer(HTTPStatus.OK, key, partial(self._listing, market, route))
            case Kind.UNKNOWN:
                return self.error("404", market)

    def error(self, name: str, market: Marketplace, path: str = "/") -> Answer:
        """The page of that name (see `render_error`) with the status it comes with."""
        # Amazon's captcha comes with 200: only its content tells it from a page.
        status = int(name) if name.isdigit() else HTTPStatus.OK
        return Answer(status, (market.host, name, path), lambda: render_error(name, market, path).encode())

    def _product(self, market: Marketplace, route: Route) -> Answer:
        saved = self._saved.find(market.host, route.asin)
        if saved is not None:
            return Answer(HTTPStatus.OK, saved, saved.read_bytes)
        if not exists(route.asin):
            return self.error("404", market)
        return Answer(HTTPStatus.OK, (market.host, route), partial(self._generated, market, route))

    def _generated(self, market: Marketplace, route: Route) -> bytes:
        facts = facts_for(market.host, route.asin, language=route.language, seed=self._world.seed)
        return render_product(facts, page_bytes=self._world.page_bytes).encode()

    def _listing(self, market: Marketplace, route: Route) -> bytes:
        kind = Listing.BESTSELLERS if route.kind is Kind.HOME else route.listing
        page = ListPage(
            market.host, kind, route.key, route.page, route.language, self._world.products, self._world.seed
        )
        return render_listing(page, page_bytes=self._world.page_bytes).encode()
