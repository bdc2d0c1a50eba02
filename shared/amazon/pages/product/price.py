"""What the page asks for the item: the featured offer's price, else the used offer shown in its place."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, parse_json, text_of
from shared.amazon.pages.numbers import Money, money, split_money
from shared.amazon.pages.rules import Field, Reader
from shared.amazon.pages.text import plain

# Boxes of other offers than the featured new one, by the ids of the elements around a price.
_USED = re.compile(r"used|renewed|refurb|collectible", re.IGNORECASE)
_OTHER = re.compile(
    r"\bsns|snsaccordion|_sns|trade-?[iI]n|rental|rent[A-Z_]|warranty|olp|aod|tp_price|tp-tool|unqualified|sims|similar|"
    r"sponsored|sp_|"
    r"CardInstance|bundle|addon|fbt|compar|points|primeSavings",
)
_SIBLING_ROW = re.compile(r"newAccordionRow_[1-9]")
_FIRST_ROWS = frozenset({"newAccordionRow", "newAccordionRow_0", "newOfferAccordionRow"})
_CLIMB = 40
_ASIDE = re.compile(r"a-price-range|pricePerUnit")
_PLAIN_AMOUNT = re.compile(r"\d+(?:\.\d{1,2})?")
_DRAWN = re.compile(r"currency([A-Z]{3})")
_USED_ONLY_IDS = frozenset({"usedOnlyBuybox", "used_buybox_desktop"})
_NEW_OFFER_IDS = frozenset(
    {
        "buyNewSection", "buyNewInner", "buyBoxInner", "newBuyBoxPrice", "newAccordionRow", "newAccordionRow_0",
        "newOfferAccordionRow", "apex_desktop_newAccordionRow", "priceblock_ourprice", "priceblock_dealprice",
        "priceblock_saleprice", "price_inside_buybox",
    }
)  # fmt: skip
# What stands beside a new offer, and beside a used one only in the box for used copies alone.
_NEW_OFFER_TRACES = frozenset(
    {"add-to-cart-button", "buy-now-button", "quantity", "selectQuantity", "qualifiedBuybox", "desktop_qualifiedBuyBox"}
)


def surroundings(node: LexborNode) -> str:
    """The ids of the elements around a node, innermost first."""
    ids: list[str] = []
    parent = node.parent
    for _ in range(_CLIMB):
        if parent is None:
            break
        ids.append(parent.id or "")
        parent = parent.parent
    return " ".join(filter(None, ids))


def _is_aside(node: LexborNode) -> bool:
    """Whether the price is one end of a range, or what a gram or a piece costs."""
    if attribute(node, "data-a-size") == "mini":
        return True
    parent = node.parent
    around = (node, parent, parent.parent if parent else None)
    return any(_ASIDE.search(attribute(element, "class")) for element in around if element is not None)


def _is_beside(node: LexborNode, spoken: LexborNode) -> bool:
    """Whether a price within `node` is another one: crossed out, of a range, or of a unit."""
    own = spoken.parent
    if own is None or own.mem_id == node.mem_id:
        return False
    return bool(attribute(own, "data-a-strike")) or _is_aside(own)


def printed_price(document: Document, node: LexborNode) -> Money | None:
    """The price that one element prints, whichever way: hidden text for screen readers, in parts, or plain."""
    if _is_aside(node):
        return None
    for spoken in node.css(".a-offscreen"):
        found = None if _is_beside(node, spoken) else money(spoken.text(), document.place)
        if found is not None:
            return found
    whole = node.css_first(".a-price-whole")
    if whole is not None:
        return None if node.css_first("[data-a-strike] .a-price-whole") else _in_parts(document, node, whole)
    small = node.css(".price-info-superscript, sup")
    if small:
        return _raised(document, node, small)
    if node.css_first(".a-price-fraction") is not None:  # cents that lost their whole
        return None
    drawn = node.css_first("[class^='currency']")  # a symbol drawn by its style, as in India until 2017
    code = _DRAWN.fullmatch(attribute(drawn, "class")) if drawn is not None else None
    return money(f"{code[1] if code else ''} {node.text()}", document.place)


def _in_parts(document: Document, node: LexborNode, whole: LexborNode) -> Money | None:
    symbol, fraction = node.css_first(".a-price-symbol"), node.css_first(".a-price-fraction")
    if symbol is None:
        return None
    return split_money(symbol.text(), whole.text(), fraction.text() if fraction else "", document.place)


def _raised(document: Document, node: LexborNode, small: list[LexborNode]) -> Money | None:
    """A price whose symbol and cents are raised, as before 2019; money without cents has the symbol alone."""
    if len(small) > 2:
        return None
    symbol, *rest = (plain(part.text()) for part in small)
    cents = rest[0] if rest else ""
    whole = plain(node.text()).removeprefix(symbol).removesuffix(cents)
    return split_money(symbol, whole, cents, document.place)


def _offers_only_used(document: Document) -> bool:
    """Whether the page offers used copies alone: it has the box for that, or no trace of a new offer."""
    if not _NEW_OFFER_IDS.isdisjoint(document.ids):
        return False
    if not _USED_ONLY_IDS.isdisjoint(document.ids):
        return True
    if not _NEW_OFFER_TRACES.isdisjoint(document.ids):
        return False
    return not any(text_of(node) for node in document.find("#availability") if not _USED.search(surroundings(node)))


def _is_sibling(document: Document, around: str) -> bool:
    """Whether the price stands in the row of another new offer, below the featured one's."""
    return bool(_SIBLING_ROW.search(around)) and not _FIRST_ROWS.isdisjoint(document.ids)


def new_offer(document: Document, node: LexborNode) -> Money | None:
    """The price, unless it stands in the box of a used or another offer."""
    around = surroundings(node)
    if _USED.search(around) or _OTHER.search(around) or _is_sibling(document, around):
        return None
    if not _USED_ONLY_IDS.isdisjoint(document.ids) and _offers_only_used(document):
        return None
    return printed_price(document, node)


def used_offer(document: Document, node: LexborNode) -> Money | None:
    """The price, if the page offers used copies alone and it stands where their price does."""
    around = surroundings(node)
    in_its_box = _USED.search(f"{around} {node.id or ''}") or not _USED_ONLY_IDS.isdisjoint(document.ids)
    if not in_its_box or _OTHER.search(around) or not _offers_only_used(document):
        return None
    return printed_price(document, node)


def _chosen_format(document: Document, node: LexborNode) -> Money | None:
    """The price on the tab of the chosen format; zero there means a subscription, not the price."""
    found = new_offer(document, node)
    return found if found is not None and found.amount else None


def offered_as(kind: str) -> Reader[Money]:
    """Reads the JSON that the buying options carry, for offers of one kind (NEW, USED)."""

    def read(document: Document, node: LexborNode) -> Money | None:
        groups = parse_json(node.text())
        groups = groups if isinstance(groups, list) else list(groups.values()) if isinstance(groups, dict) else []
        offers = [offer for group in groups for offer in (group if isinstance(group, list) else [group])]
        for offer in offers:
            if isinstance(offer, dict) and str(offer.get("buyingOptionType", "")).upper() == kind:
                return money(str(offer.get("displayPrice", "")), document.place)
        return None

    return read


def _charged(document: Document, node: LexborNode) -> Money | None:
    """What the form that puts the item into the cart says will be charged."""
    around = surroundings(node)
    if _USED.search(around) or _OTHER.search(around) or _is_sibling(document, around) or _offers_only_used(document):
        return None
    return money(attribute(node, "value"), document.place)


def _measured(document: Document, node: LexborNode) -> Money | None:
    """The price that the page hands to Amazon's own measurements: with a point in every language, blank for none."""
    if _offers_only_used(document):
        return None
    code, amount = attribute(node, "data-asin-currency-code"), attribute(node, "data-asin-price")
    return money(f"{code} {amount}", document.place) if _PLAIN_AMOUNT.fullmatch(amount) else None


PRICE = Field(
    "price",
    (
        ("core-desktop", "#corePriceDisplay_desktop_feature_div .priceToPay", new_offer),
        ("core-mobile", "#corePriceDisplay_mobile_feature_div .priceToPay", new_offer),
        ("core-mobile-spoken", "#corePriceDisplay_mobile_feature_div .aok-offscreen", new_offer),
        ("core-table", "#corePrice_desktop .apexPriceToPay", new_offer),
        ("core-table-2022", "#corePrice_desktop .priceToPay", new_offer),
        ("core-mobile-2021", "#corePrice_mobile_feature_div .a-price:not([data-a-strike])", new_offer),
        ("mobile-2020", "#atfRedesign_priceblock_priceToPay .a-price:not([data-a-strike])", new_offer),
        ("mobile-2019", "#newPitchPriceWrapper_feature_div .a-price:not([data-a-strike])", new_offer),
        ("core-buybox", "#corePrice_feature_div .a-price:not([data-a-strike])", new_offer),
        ("core-desktop-any", "#corePriceDisplay_desktop_feature_div .a-price:not([data-a-strike])", new_offer),
        ("apex-desktop", "#apex_desktop .priceToPay", new_offer),
        ("apex-desktop-2021", "#apex_desktop .apexPriceToPay", new_offer),
        ("apex-mobile", "#apex_mobile_feature_div .priceToPay", new_offer),
        ("apex-offer", "#apex_offerDisplay_desktop .priceToPay", new_offer),
        ("unified-2021", "#unifiedPrice_feature_div .apexPriceToPay", new_offer),
        ("new-row-2023", "#newAccordionRow_0 .a-price:not([data-a-strike])", new_offer),
        ("deal-price", "#priceblock_dealprice", new_offer),
        ("our-price", "#priceblock_ourprice", new_offer),
        ("sale-price", "#priceblock_saleprice", new_offer),
        ("promo-price", "#priceblock_pospromoprice", new_offer),
        ("business-price", "#priceblock_businessprice", new_offer),
        ("buybox", "#price_inside_buybox", new_offer),
        ("new-buybox", "#newBuyBoxPrice", new_offer),
        ("buy-new", "#buyNewSection .offer-price", new_offer),
        ("buy-new-2015", "#buyNewSection .a-color-price", new_offer),
        ("new-row", "#newAccordionRow .offer-price", new_offer),
        ("new-row-2017", "#newOfferAccordionRow .header-price", new_offer),
        ("media-2016", "#mediaNoAccordion .header-price", new_offer),
        ("third-party-2015", "#soldByThirdParty .price3P", new_offer),
        ("third-party-2016", "#soldByThirdParty .a-color-price", new_offer),
        ("book-price", "#price", new_offer),
        ("kindle-price", "#kindle-price", new_offer),
        ("kindle-2023", "#Ebooks-desktop-KINDLE_ALC-prices-kindlePrice", new_offer),
        ("kindle-row", "#buybox tr.kindle-price .a-color-price", new_offer),
        ("mini", "#miniATF_price", new_offer),
        ("2012", "#actualPriceValue", new_offer),
        ("2012-strong", "#actualPriceValue .priceLarge", new_offer),
        ("2012-block", "#priceBlock .priceLarge", new_offer),
        ("2010", "#buyingPriceValue", new_offer),
        ("offer-data", ".twister-plus-buying-options-price-data", offered_as("NEW")),
        ("cart-form", "#addToCart [name='items[0.base][customerVisiblePrice][displayString]']", _charged),
        ("metrics", "#cerberus-data-metrics", _measured),
    ),
)
USED_PRICE = Field(
    "price",
    (
        ("used-core", "#corePriceDisplay_desktop_feature_div .priceToPay", used_offer),
        ("used-core-buybox", "#corePrice_feature_div .a-price:not([data-a-strike])", used_offer),
        ("used-buybox", "#usedBuySection .offer-price", used_offer),
        ("used-price", "#usedPrice", used_offer),
        ("used-section", "#usedBuySection .a-color-price", used_offer),
        ("used-only", "#usedOnlyBuybox .a-color-price", used_offer),
        ("used-row-2017", "#usedOfferAccordionRow .header-price", used_offer),
        ("used-row", "#usedAccordionRow .a-price:not([data-a-strike])", used_offer),
    ),
)
# Formats of a book or film: where no box says more, the chosen tab still names a price.
FORMAT_PRICE = Field(
    "price",
    (
        ("format", "#tmmSwatches .swatchElement.selected .a-color-price", _chosen_format),
        ("format-grid", "#tmmSwatches .a-button-selected .slot-price", _chosen_format),
    ),
)


def struck(document: Document, node: LexborNode) -> Money | None:
    """A price that is crossed out, unless it stands in another offer's box or is a price per unit."""
    around = surroundings(node)
    if _OTHER.search(around) or _USED.search(around) or "pricePerUnit" in attribute(node, "class"):
        return None
    return printed_price(document, node)


LIST_PRICE = Field(
    "list_price",
    (
        ("core-desktop", "#corePriceDisplay_desktop_feature_div .basisPrice .a-price", struck),
        ("core-desktop-struck", "#corePriceDisplay_desktop_feature_div .a-price[data-a-strike]", struck),
        ("core-mobile", "#corePriceDisplay_mobile_feature_div .basisPrice .a-price", struck),
        ("core-mobile-struck", "#corePriceDisplay_mobile_feature_div .a-price[data-a-strike]", struck),
        ("core-table", "#corePrice_desktop .a-price[data-a-strike]", struck),
        ("apex-desktop", "#apex_desktop .a-price[data-a-strike]", struck),
        ("strike-2019", "#price .priceBlockStrikePriceString", struck),
        ("strike", "#price .a-text-strike", struck),
        ("price-block", "#priceblock_listprice", struck),
        ("unified", "#unifiedPrice_feature_div .a-text-strike", struck),
        ("buybox", "#buyBoxInner .a-text-strike", struck),
        ("buy-new", "#buyNewSection .a-text-strike", struck),
        ("book-buybox", "#buybox #listPrice", struck),
        ("list-price", "#listPrice", struck),
        ("digital-list-price", "#buybox .digital-list-price .a-text-strike", struck),
        ("digital-list-price-2023", "#digital-list-price", struck),
        ("print-list-price", "#buybox .print-list-price .a-text-strike", struck),
        ("print-list-price-2023", "#print-list-price", struck),
        ("2012", "#listPriceValue", struck),
    ),
)
