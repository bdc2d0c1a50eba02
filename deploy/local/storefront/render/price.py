"""The price blocks of a dozen years of product pages, centre column and buy box."""

from collections.abc import Callable
from decimal import Decimal

from deploy.local.storefront.layouts import Price
from deploy.local.storefront.render.context import Page


def centre_price(page: Page) -> str:
    """The price block of the centre column; empty when the page asks no price there."""
    return _CENTRE[page.layout.price](page)


def a_price(page: Page, value: Decimal, classes: str = "", *, offscreen: bool = True) -> str:
    """The ``span.a-price`` of today's pages; ``offscreen=False`` leaves the readable copy blank, as some of them do."""
    symbol, whole, fraction = page.money_parts(value)
    point = page.market.marks[1]
    cents = f'<span class="a-price-fraction">{fraction}</span>' if fraction else ""
    mark = f'<span class="a-price-decimal">{point}</span>' if fraction else ""
    text = page.modern_money(value) if offscreen else " "
    symbol_html = f'<span class="a-price-symbol">{symbol}</span>'
    number = f'<span class="a-price-whole">{whole}{mark}</span>{cents}'
    behind = page.market.money.startswith("{}")
    visible = number + symbol_html if behind else symbol_html + number
    return (
        f'<span class="a-price {classes}" data-a-size="xl" data-a-color="base">'
        f'<span class="a-offscreen">{text}</span><span aria-hidden="true">{visible}</span></span>'
    )


def struck_price(page: Page, value: Decimal) -> str:
    text = page.modern_money(value)
    return (
        '<span class="a-price a-text-price" data-a-size="s" data-a-strike="true" data-a-color="secondary">'
        f'<span class="a-offscreen">{text}</span><span aria-hidden="true">{text}</span></span>'
    )


def savings_percent(price: Decimal, listed: Decimal) -> int:
    return round(100 * (1 - price / listed))


def _asked(page: Page) -> Decimal:
    if page.facts.price is None:
        raise ValueError(f"layout {page.layout.name} prints a price, but the facts have none")
    return page.facts.price


def _core_display(page: Page) -> str:
    price, listed = _asked(page), page.facts.list_price
    savings, basis, badge = "", "", ""
    if listed:
        percent = savings_percent(price, listed)
        savings = (
            '<span aria-hidden="true" class="a-size-large a-color-price savingPriceOverride '
            f'reinventPriceSavingsPercentageMargin savingsPercentage">-{percent}%</span> '
        )
        basis = (
            '<div class="a-section a-spacing-small aok-align-center"><span class="a-size-small a-color-secondary '
            f'aok-align-center basisPrice">{page.words.list_price_label} {struck_price(page, listed)}</span></div>'
        )
        badge = f'<div id="dealBadge_feature_div"><span class="dealBadge">{page.words.deal_label}</span></div>'
    # Pages since 2025 leave the price's own readable copy blank and print one beside it.
    blank = page.layout.year >= 2025
    beside = f'<span class="aok-offscreen"> {page.modern_money(price)} </span>' if blank else ""
    shown = a_price(page, price, "aok-align-center reinventPricePriceToPayMargin priceToPay", offscreen=not blank)
    return (
        f'{badge}<div id="corePriceDisplay_desktop_feature_div" class="celwidget" '
        f'data-feature-name="corePriceDisplay_desktop" data-csa-c-asin="{page.facts.asin}">'
        f'<div class="a-section a-spacing-none aok-align-center aok-relative">{beside}{savings}{shown}</div>'
        f"{basis}</div>"
    )


def _core_price(page: Page) -> str:
    return (
        '<div id="corePrice_feature_div" class="celwidget" data-feature-name="corePrice">'
        '<div class="a-section a-spacing-micro"><div class="a-section apex-core-price-identifier">'
        f"{a_price(page, _asked(page), 'aok-align-center')}</div></div></div>"
    )


def _core_table(page: Page) -> str:
    rows = ""
    if page.facts.list_price:
        rows = (
            f'<tr><td class="a-color-secondary a-size-base a-text-right a-nowrap">{page.words.list_price_label}</td>'
            f'<td class="a-span12 a-color-secondary a-size-base">{struck_price(page, page.facts.list_price)}</td></tr>'
        )
    text = page.modern_money(_asked(page))
    return (
        '<div id="corePrice_desktop" class="celwidget" data-feature-name="corePrice_desktop">'
        f'<div class="a-section a-spacing-small"><table class="a-lineitem a-align-top"><tbody>{rows}'
        f'<tr><td class="a-color-secondary a-size-base a-text-right a-nowrap">{page.words.price_label}</td>'
        '<td class="a-span12"><span class="a-price a-text-price a-size-medium apexPriceToPay" data-a-size="b" '
        f'data-a-color="price"><span class="a-offscreen">{text}</span><span aria-hidden="true">{text}</span></span>'
        "</td></tr></tbody></table></div></div>"
    )


def _row(label: str, cell: str, row_id: str = "") -> str:
    mark = f' id="{row_id}"' if row_id else ""
    return (
        f'<tr{mark}><td class="a-color-secondary a-size-base a-text-right a-nowrap">{label}</td>'
        f'<td class="a-span12">{cell}</td></tr>'
    )


def _priceblock(page: Page, block_id: str, label: str) -> str:
    price, listed = _asked(page), page.facts.list_price
    rows = []
    if listed:
        struck = f'<span class="priceBlockStrikePriceString a-text-strike"> {page.money(listed)}</span>'
        rows.append(_row(page.words.list_price_label, struck))
    fee = page.words.shipping.format(page.money(page.shipping_fee()))
    shipping = f'<span id="ourprice_shippingmessage">{fee}</span>'
    cell = f'<span id="{block_id}" class="a-size-medium a-color-price">{page.money(price)}</span> {shipping}'
    rows.append(_row(label, cell, f"{block_id}_row"))
    if listed:
        saved = f'<span class="a-color-price">{page.money(listed - price)} ({savings_percent(price, listed)}%)</span>'
        rows.append(_row(page.words.savings_label, saved, "regularprice_savings"))
    table = f'<table class="a-lineitem"><tbody>{"".join(rows)}</tbody></table>'
    return (
        '<div id="unifiedPrice_feature_div" class="feature" data-feature-name="unifiedPrice">'
        f'<div id="price" class="a-section a-spacing-small">{table}</div></div>'
    )


def _our_price(page: Page) -> str:
    return _priceblock(page, "priceblock_ourprice", page.words.price_label)


def _deal_price(page: Page) -> str:
    return _priceblock(page, "priceblock_dealprice", page.words.deal_label)


def _sale_price(page: Page) -> str:
    return _priceblock(page, "priceblock_saleprice", page.words.price_label)


def _nothing(_page: Page) -> str:
    return ""


_CENTRE: dict[Price, Callable[[Page], str]] = {
    Price.CORE_DISPLAY: _core_display,
    Price.CORE_PRICE: _core_price,
    Price.CORE_TABLE: _core_table,
    Price.OUR_PRICE: _our_price,
    Price.DEAL_PRICE: _deal_price,
    Price.SALE_PRICE: _sale_price,
    Price.BUY_NEW: _nothing,
    Price.ACCORDION: _core_display,
    Price.USED: _nothing,
    Price.NONE: _nothing,
}
