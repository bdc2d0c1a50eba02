"""Other products on a product's page: their prices, stars and codes are what a parser must not take."""

from decimal import Decimal
from html import escape

from deploy.local.storefront.asins import draw_asin
from deploy.local.storefront.render.context import Page
from deploy.local.storefront.render.price import a_price
from deploy.local.storefront.render.reviews import star_class
from deploy.local.storefront.words import WORDS


def top_banner(page: Page) -> str:
    """A sponsored banner above the product, on one page of three; its price comes first on the page."""
    if page.chance.random() > 1 / 3:
        return ""
    return (
        f'<div id="ape_Detail_ad-endcap-1_Glance_placement" class="celwidget ad"><span>{page.words.sponsored}</span>'
        f"{_card(page)}</div>"
    )


def bought_together(page: Page) -> str:
    """Two more products with a sum that is nobody's price."""
    total = f'<span class="a-color-price">{page.modern_money(page.other_price())}</span>'
    return _carousel(page, "sims-fbt", page.words.bought_together, 2, total)


def carousels(page: Page) -> str:
    """Similar and sponsored products."""
    sponsored = f'{page.words.sponsored_heading} <span class="sp-label">{page.words.sponsored}</span>'
    return _carousel(page, "sims-consolidated-2", page.words.similar_heading, 6) + _carousel(
        page, "sp_detail", sponsored, 6
    )


def _carousel(page: Page, block_id: str, heading: str, count: int, after: str = "") -> str:
    cards = "".join(f'<li class="a-carousel-card">{_card(page)}</li>' for _ in range(count))
    return (
        f'<div id="{block_id}_feature_div" class="celwidget"><div id="{block_id}" class="a-carousel-container">'
        f'<h2 class="a-carousel-heading">{heading}</h2><ol class="a-carousel">{cards}</ol>{after}</div></div>'
    )


def _card(page: Page) -> str:
    chance, goods = page.chance, WORDS[page.market.language]
    asin = draw_asin(chance)
    noun = chance.choice(chance.choice(goods.departments).nouns)
    name = escape(f"{chance.choice(goods.brands)} {noun}")
    rating = Decimal(chance.randint(31, 50)) / 10
    return (
        f'<div data-asin="{asin}" class="p13n-sc-uncoverable-faceout">'
        f'<a class="a-link-normal" href="/dp/{asin}/ref=sims">'
        f'<img class="a-dynamic-image" src="https://m.media-amazon.com/images/I/{asin}L._AC_UL165_.jpg" alt="">'
        f'<div class="p13n-sc-truncate">{name}</div></a>'
        f'<i class="a-icon a-icon-star-small {star_class(rating)}">'
        f'<span class="a-icon-alt">{page.rating(rating)}</span></i> '
        f'<span class="a-size-small">{page.count(chance.randint(1, 9000))}</span> '
        f"{a_price(page, page.other_price())}</div>"
    )
