"""The buy box at the right of a product page: what is asked, by whom it is sold, whether it is there."""

from decimal import Decimal
from html import escape

from deploy.local.storefront.layouts import Offer, Price
from deploy.local.storefront.render.context import Page
from deploy.local.storefront.render.price import a_price


def buy_box(page: Page) -> str:
    """The right column for the offers the page has."""
    match page.layout.offer:
        case Offer.UNAVAILABLE:
            return _unavailable(page)
        case Offer.NO_OFFER:
            return _no_offer(page)
        case Offer.USED_ONLY:
            return _used_only(page)
        case Offer.NEW:
            return _accordion(page) if page.layout.price is Price.ACCORDION else _new(page)


def availability(page: Page) -> str:
    """The sentence on stock, as the page's one ``#availability``; empty where the page has none."""
    text = page.facts.availability_text
    if text is None:
        return ""
    color = "a-color-price" if page.facts.availability in {"unavailable", "low_stock"} else "a-color-success"
    more = ""
    if page.facts.availability == "unavailable":
        text, more = page.words.unavailable, f" <br>{page.words.unavailable_more}"
    return (
        '<div id="availability" class="a-section a-spacing-base">'
        f'<span class="a-size-medium {color}"> {text} </span>{more}<br></div>'
    )


def _price(page: Page) -> str:
    price = page.facts.price
    if price is None:
        return ""
    if page.layout.price is Price.BUY_NEW:
        return _buy_new(page, price)
    if page.layout.old_money:
        return (
            f'<div class="a-row"><span id="price_inside_buybox" class="a-size-medium">{page.money(price)}</span></div>'
        )
    if page.layout.price is Price.CORE_PRICE:
        return ""
    return f'<div id="corePrice_feature_div" class="celwidget">{a_price(page, price, "aok-align-center")}</div>'


def _buy_new(page: Page, price: Decimal) -> str:
    """The box of older book pages, with the list price under the asked one."""
    listed = ""
    if page.facts.list_price:
        struck = f'<span class="a-color-secondary a-text-strike">{page.money(page.facts.list_price)}</span>'
        listed = f'<div id="buyBoxInner"><ul><li>{page.words.list_price_label} {struck}</li></ul></div>'
    return (
        '<div id="buyNewSection" class="a-section rbbHeader dp-accordion-row"><span class="inlineBlock-display">'
        f'<span class="a-size-medium a-color-price offer-price a-text-normal">{page.money(price)}</span></span></div>'
        f"{listed}"
    )


def _new(page: Page) -> str:
    return (
        f'<div id="desktop_buybox"><div id="buybox" class="a-box"><div class="a-box-inner">{_price(page)}'
        f"{_points(page)}{_delivery(page)}{availability(page)}{_quantity(page)}{_buttons(page)}{_merchant(page)}</div></div>"
        f"{_used_link(page)}</div>"
    )


def _points(page: Page) -> str:
    if page.market.currency != "JPY" or page.facts.price is None:
        return ""
    points = page.words.points.format(page.count(int(page.facts.price) // 100))
    return f'<div id="points_feature_div"><span class="a-color-price">{points}</span></div>'


def _delivery(page: Page) -> str:
    fee = page.words.shipping.format(page.modern_money(page.shipping_fee()))
    return (
        '<div id="mir-layout-DELIVERY_BLOCK" class="a-section a-spacing-small">'
        f'<div id="mir-layout-DELIVERY_BLOCK-slot-PRIMARY_DELIVERY_MESSAGE_LARGE"><b>{page.words.delivery}</b></div>'
        f'<div id="mir-layout-DELIVERY_BLOCK-slot-SECONDARY_DELIVERY_MESSAGE_LARGE">{fee}</div></div>'
    )


def _quantity(page: Page) -> str:
    options = "".join(f'<option value="{n}">{n}</option>' for n in range(1, 6))
    return (
        f'<div id="selectQuantity"><label for="quantity">{page.words.quantity}</label> '
        f'<select name="quantity" id="quantity">{options}</select></div>'
    )


def _buttons(page: Page) -> str:
    return (
        '<form method="post" id="addToCart" action="/gp/product/handle-buy-box">'
        f'<input type="hidden" id="ASIN" name="ASIN" value="{page.facts.asin}">'
        f'<span class="a-button a-button-primary"><input id="add-to-cart-button" type="submit" class="a-button-input" '
        f'value="{page.words.add_to_cart}"></span><span class="a-button a-button-oneclick">'
        f'<input id="buy-now-button" type="submit" class="a-button-input" value="{page.words.buy_now}"></span></form>'
    )


def _merchant(page: Page) -> str:
    if page.facts.seller is None:
        return ""
    link = f'<a id="sellerProfileTriggerId" href="/gp/help/seller/at-a-glance.html">{escape(page.facts.seller)}</a>'
    return f'<div id="merchant-info" class="a-section">{page.words.sold_by.format(link)}</div>'


def _used_link(page: Page) -> str:
    if page.facts.used_price is None:
        return ""
    used = page.words.used_from.format(f'<span class="a-color-price">{page.money(page.facts.used_price)}</span>')
    return (
        '<div id="olp_feature_div"><div id="olpLinkWidget_feature_div" class="a-box a-spacing-small">'
        f'<a class="a-link-normal" href="/gp/offer-listing/{page.facts.asin}/ref=dp_olp_used">{used}</a></div></div>'
    )


def _accordion(page: Page) -> str:
    price, used = page.facts.price, page.facts.used_price
    if price is None or used is None:
        raise ValueError("the accordion shows a new and a used offer")
    return (
        '<div id="desktop_buybox"><div id="buyBoxAccordion" class="a-accordion">'
        '<div id="newAccordionRow_0" class="a-box a-accordion-active"><div class="a-box-inner">'
        f'<div id="corePrice_feature_div" class="celwidget">{a_price(page, price)}</div>{_points(page)}'
        f"{_delivery(page)}{availability(page)}{_quantity(page)}{_buttons(page)}{_merchant(page)}</div></div>"
        '<div id="usedAccordionRow" class="a-box"><div class="a-box-inner">'
        f'<span class="a-text-bold">{page.words.used_label}</span> '
        f'<div class="celwidget" data-feature-name="corePrice">{a_price(page, used)}</div></div></div></div></div>'
    )


def _used_only(page: Page) -> str:
    price = page.facts.price
    if price is None:
        raise ValueError("a used-only page shows the used price")
    return (
        '<div id="desktop_buybox"><div id="usedOnlyBuybox" class="a-box"><div class="a-box-inner">'
        '<div id="usedBuySection" class="rbbHeader dp-accordion-row">'
        f'<span class="a-text-bold">{page.words.used_label}</span> '
        f'<span class="a-size-base a-color-price offer-price a-text-normal">{page.money(price)}</span></div>'
        f'<div id="usedbuyBox">{_delivery(page)}{_buttons(page)}</div></div></div></div>'
    )


def _no_offer(page: Page) -> str:
    # The cheapest of many listed offers is not what this page asks.
    cheapest = page.words.new_label.format(page.money(page.other_price()))
    return (
        '<div id="desktop_buybox"><div id="unqualifiedBuyBox" class="a-box"><div class="a-box-inner">'
        f'<div id="buybox-see-all-buying-choices"><a class="a-button a-button-base" '
        f'href="/gp/offer-listing/{page.facts.asin}">{page.words.see_all_offers}</a></div>'
        f'<div id="olp_feature_div"><a href="/gp/offer-listing/{page.facts.asin}">{cheapest}</a></div>'
        "</div></div></div>"
    )


def _unavailable(page: Page) -> str:
    return (
        '<div id="desktop_buybox"><div id="outOfStock" class="a-box"><div class="a-box-inner">'
        f'<span class="a-color-price a-text-bold">{page.words.unavailable}</span><br>{page.words.unavailable_more}'
        "</div></div></div>"
    )
