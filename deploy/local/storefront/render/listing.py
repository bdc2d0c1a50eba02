"""Search, category and bestseller pages."""

import json
import random
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, quote_plus

from deploy.local.storefront.asins import draw_asin
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.listings import (
    Listing,
    organic_asins,
    page_count,
    page_size,
    ranking_path,
    sponsored_asins,
    total_of,
)
from deploy.local.storefront.marketplaces import Marketplace, require_marketplace
from deploy.local.storefront.numbers import grouped
from deploy.local.storefront.render.context import Page
from deploy.local.storefront.render.filler import padded
from deploy.local.storefront.render.price import a_price, struck_price
from deploy.local.storefront.render.reviews import stars
from deploy.local.storefront.render.shell import document
from deploy.local.storefront.words import WORDS, Words

_AD_PLACES = (0, 1, 7, 14, 21, 28)
_BESTSELLERS_DRAWN = 30


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list, and the world (``products``, ``seed``) it is drawn from."""

    host: str
    kind: Listing
    key: str
    number: int = 1
    language: str | None = None
    products: int | None = None
    seed: int = 0

    @property
    def market(self) -> Marketplace:
        return require_marketplace(self.host)

    @property
    def words(self) -> Words:
        return WORDS[self.language or self.market.language]

    @property
    def organic(self) -> tuple[str, ...]:
        return organic_asins(self.host, self.kind, self.key, self.number, products=self.products, seed=self.seed)

    @property
    def sponsored(self) -> tuple[str, ...]:
        return sponsored_asins(self.host, self.kind, self.key, self.number, products=self.products, seed=self.seed)

    @property
    def total(self) -> int:
        return total_of(self.host, self.kind, self.key, products=self.products, seed=self.seed)

    @property
    def pages(self) -> int:
        return page_count(self.host, self.kind, self.key, products=self.products, seed=self.seed)

    def address(self, number: int) -> str:
        """The address of another page of the same list, in the same language."""
        prefix = f"/-/{self.language}" if self.language else ""
        if self.kind is Listing.BESTSELLERS:
            return f"{prefix}{quote(ranking_path(self.key))}/ref=zg_bs_pg_{number}?ie=UTF8&pg={number}"
        what = f"k={quote_plus(self.key)}" if self.kind is Listing.SEARCH else f"rh=n%3A{quote_plus(self.key)}"
        return f"{prefix}/s?{what}&page={number}&qid=1776763718&ref=sr_pg_{number}"

    def product(self, asin: str) -> Page:
        return Page.of(facts_for(self.host, asin, language=self.language, seed=self.seed))


def render_listing(page: ListPage, *, page_bytes: int = 0) -> str:
    """The HTML of one page of a list, of at least ``page_bytes`` bytes."""
    content = _bestsellers(page) if page.kind is Listing.BESTSELLERS else _search(page)
    title = f"{page.market.name} : {page.key or page.words.bestsellers}"
    return padded(document(page.market, page.words, title, page.address(page.number), content), page_bytes)


def _search(page: ListPage) -> str:
    organic = page.organic
    if not organic:
        return _no_results(page)
    items = [_item(page, asin, place, ad=False) for place, asin in enumerate(organic, start=1)]
    for place, asin in zip(_AD_PLACES, page.sponsored, strict=False):
        items.insert(place, _item(page, asin, place, ad=True))
    items.insert(len(items) // 2, _sponsored_widget(page))
    return (
        f'<div id="search">{_results_line(page, len(organic))}<div class="s-main-slot s-result-list s-search-results">'
        f"{''.join(items)}</div>{_pagination(page)}</div>"
    )


def _results_line(page: ListPage, shown: int) -> str:
    first = (page.number - 1) * page_size(page.host, page.kind, page.key, seed=page.seed) + 1
    text = page.words.results.format(total=grouped(page.total, page.market), first=first, last=first + shown - 1)
    return (
        '<div class="s-breadcrumb"><h2 class="a-size-base"><span>'
        f'{text}</span> <span class="a-color-state a-text-bold">"{escape(page.key)}"</span></h2></div>'
    )


def _no_results(page: ListPage) -> str:
    quoted = f'<span class="a-text-bold">"{escape(page.key)}"</span>'
    return (
        '<div id="search"><div class="s-no-outline"><div class="a-section s-no-results-section"><div class="a-row">'
        f'{page.words.no_results.format(quoted)}</div></div></div><div class="s-main-slot s-search-results"></div>'
        f"{_sponsored_widget(page)}</div>"
    )


def _item(page: ListPage, asin: str, place: int, *, ad: bool) -> str:
    product = page.product(asin)
    name = escape(product.facts.title)
    target = (
        f"/{quote(product.facts.title.replace(' ', '-').replace('/', '-'))}/dp/{asin}/ref=sr_1_{place}?sr=8-{place}"
    )
    link = f"/sspa/click?ie=UTF8&amp;spc=abc&amp;url={quote(target, safe='')}" if ad else escape(target)
    label = f'<span class="puis-label-popover-default">{page.words.sponsored}</span>' if ad else ""
    holder = " AdHolder" if ad else ""
    return (
        f'<div role="listitem" data-asin="{asin}" data-index="{place}" data-component-type="s-search-result" '
        f'class="sg-col-4-of-24 s-result-item s-asin{holder} sg-col s-widget-spacing-small"><div class="sg-col-inner">'
        f'{label}<a class="a-link-normal s-no-outline" href="{link}"><img class="s-image" '
        f'src="{product.facts.images[0]}" alt="{name}"></a><div data-cy="title-recipe">'
        f'<a class="a-link-normal s-line-clamp-4 a-text-normal" href="{link}"><h2 class="a-size-base-plus"><span>{name}'
        f"</span></h2></a></div>{_item_reviews(product)}{_item_price(product)}</div></div>"
    )


def _item_reviews(product: Page) -> str:
    if product.facts.rating is None:
        return ""
    return (
        f'<div data-cy="reviews-block">{stars(product)} <span class="a-size-base s-underline-text">'
        f"{product.count(product.facts.review_count)}</span></div>"
    )


def _item_price(product: Page) -> str:
    facts = product.facts
    if facts.price is None:
        return ""
    listed = struck_price(product, facts.list_price) if facts.list_price else ""
    return f'<div data-cy="price-recipe">{a_price(product, facts.price)} {listed}</div>'


def _sponsored_widget(page: ListPage) -> str:
    """A carousel of advertised products that are neither results nor marked as search results."""
    chance = random.Random(f"widget/{page.host}/{page.kind}/{page.key}/{page.number}")
    cards = "".join(
        f'<li class="a-carousel-card"><div data-asin="{asin}"><a href="/sspa/click?url=%2Fdp%2F{asin}">{asin}</a></div>'
        "</li>"
        for asin in (draw_asin(chance) for _ in range(4))
    )
    return (
        '<div class="s-result-item s-widget AdHolder" data-asin="" data-component-type="s-ads-carousel">'
        f'<span>{page.words.sponsored}</span><ol class="a-carousel">{cards}</ol></div>'
    )


def _pagination(page: ListPage) -> str:
    numbers = "".join(_page_number(page, number) for number in range(1, min(page.pages, 3) + 1))
    return (
        '<div role="navigation" class="a-section s-pagination-container"><span class="s-pagination-strip">'
        f"{_step(page, page.number - 1, 's-pagination-previous', page.words.previous_page)}{numbers}"
        f"{_step(page, page.number + 1, 's-pagination-next', page.words.next_page)}</span></div>"
    )


def _page_number(page: ListPage, number: int) -> str:
    if number == page.number:
        return f'<span class="s-pagination-item s-pagination-selected" aria-current="page">{number}</span>'
    return f'<a href="{escape(page.address(number))}" class="s-pagination-item s-pagination-button">{number}</a>'


def _step(page: ListPage, number: int, name: str, text: str) -> str:
    if not 1 <= number <= page.pages:
        return f'<span class="s-pagination-item {name} s-pagination-disabled" aria-disabled="true">{text}</span>'
    classes = f"s-pagination-item {name} s-pagination-button s-pagination-separator"
    return f'<a href="{escape(page.address(number))}" class="{classes}">{text}</a>'


def _bestsellers(page: ListPage) -> str:
    first = (page.number - 1) * page_size(page.host, page.kind, page.key) + 1
    ranked = list(enumerate(page.organic, start=first))
    recs = [{"id": asin, "metadataMap": {"render.zg.rank": str(rank)}, "linkParameters": {}} for rank, asin in ranked]
    cells = "".join(_ranked(page, rank, asin) for rank, asin in ranked[:_BESTSELLERS_DRAWN])
    heading = page.words.bestsellers_in.format(escape(page.key)) if page.key else page.words.bestsellers
    return (
        f'<div id="zg"><h1 class="a-size-large">{heading}</h1><div class="p13n-gridRow"><div class="p13n-desktop-grid" '
        f'data-client-recs-list="{escape(json.dumps(recs))}">{cells}</div></div>{_rank_pages(page)}</div>'
    )


def _ranked(page: ListPage, rank: int, asin: str) -> str:
    product = page.product(asin)
    name = escape(product.facts.title)
    price = product.facts.price
    shown = f'<span class="a-color-price">{product.modern_money(price)}</span>' if price is not None else ""
    return (
        '<div id="gridItemRoot" class="a-column a-span12"><div class="a-section zg-bdg-ctr">'
        f'<span class="zg-bdg-text">#{rank}</span></div><div id="{asin}" class="p13n-sc-uncoverable-faceout">'
        f'<a class="a-link-normal" href="/dp/{asin}/ref=zg_bs_{rank}?psc=1"><img src="{product.facts.images[0]}" '
        f'alt="{name}"><div class="p13n-sc-css-line-clamp-3">{name}</div></a>{_item_reviews(product)}{shown}'
        "</div></div>"
    )


def _rank_pages(page: ListPage) -> str:
    numbers = "".join(
        f'<li class="{"a-selected" if number == page.number else "a-normal"}">'
        f'<a href="{escape(page.address(number))}">{number}</a></li>'
        for number in range(1, page.pages + 1)
    )
    next_text = f"{page.words.next_page} →"
    more = page.number < page.pages
    last = f'<a href="{escape(page.address(page.number + 1))}">{next_text}</a>' if more else next_text
    return f'<ul class="a-pagination">{numbers}<li class="{"a-last" if more else "a-disabled a-last"}">{last}</li></ul>'
