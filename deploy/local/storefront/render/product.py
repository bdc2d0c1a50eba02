"""One product's page, put together from its blocks."""

from deploy.local.storefront.facts import ProductFacts
from deploy.local.storefront.layouts import Offer
from deploy.local.storefront.render import center, neighbours
from deploy.local.storefront.render.buybox import availability, buy_box
from deploy.local.storefront.render.context import Page
from deploy.local.storefront.render.details import details_block
from deploy.local.storefront.render.filler import padded
from deploy.local.storefront.render.images import image_block
from deploy.local.storefront.render.price import centre_price
from deploy.local.storefront.render.reviews import reviews_line, reviews_section
from deploy.local.storefront.render.shell import document


def render_product(facts: ProductFacts, *, page_bytes: int = 0) -> str:
    """The HTML page that says exactly what ``facts`` say, amid traps, of at least ``page_bytes`` bytes in UTF-8.

    Equal arguments give equal pages. A page is never cut: one that is larger than ``page_bytes`` stays as it is.
    """
    page = Page.of(facts)
    content = (
        f'<div id="dp" class="{page.market.language}_{page.words.code}"><div id="dp-container">'
        f'{neighbours.top_banner(page)}{center.breadcrumb(page)}<div id="ppd">{_columns(page)}</div>'
        f"{neighbours.bought_together(page)}{center.description(page)}{details_block(page)}{reviews_section(page)}"
        f"{neighbours.carousels(page)}</div></div>"
    )
    title = f"{page.market.name}: {facts.title}"
    # Variations share one canonical address: the parent's.
    canonical = f"/dp/{facts.parent_asin or facts.asin}"
    return padded(document(page.market, page.words, title, canonical, content), page_bytes)


def _columns(page: Page) -> str:
    stock = availability(page) if page.layout.offer is Offer.UNAVAILABLE else ""
    middle = "".join(
        (
            center.title(page),
            center.byline(page),
            reviews_line(page),
            '<hr class="a-divider-normal">',
            centre_price(page),
            stock,
            center.variations(page),
            center.overview(page),
            center.bullets(page),
        )
    )
    return (
        f'<div id="leftCol">{image_block(page)}</div><div id="centerCol">{middle}</div>'
        f'<div id="rightCol">{buy_box(page)}</div>'
    )
