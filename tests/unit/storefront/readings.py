"""Reading generated pages by plain selectors: a second pair of eyes, sharing no code with the pages' templates."""

import re
from decimal import Decimal

from selectolax.lexbor import LexborHTMLParser

COMMA_HOSTS = {f"amazon.{tld}" for tld in ("de", "fr", "it", "es", "nl", "se", "pl", "com.be", "com.br", "com.tr")}
GRAMS = {
    **dict.fromkeys(("g", "グラム", "Grams", "Gramm", "Gramos"), Decimal(1)),
    **dict.fromkeys(("kg", "Kg", "キログラム", "Kilograms", "Kilogramm", "Kilogramos"), Decimal(1000)),
    "ounces": Decimal("28.349523125"),
    "pounds": Decimal("453.59237"),
}
CURRENCY_MARKS = {
    **{"JPY": "￥", "USD": "$", "GBP": "£", "EUR": "€|EUR", "SEK": "kr", "PLN": "zł", "CAD": "$", "MXN": "$"},
    **{"BRL": "R$", "INR": "₹", "AUD": "$", "SGD": "S$", "AED": "AED", "SAR": "SAR", "TRY": "TL", "EGP": "EGP"},
    "CNY": "¥|￥",
}


def number(text: str, host: str) -> Decimal:
    """The number in a printed text, by the marketplace's marks."""
    digits = re.search(r"\d[\d.,\s]*", text)[0]
    digits = re.sub(r"\s", "", digits)
    if host in COMMA_HOSTS:
        return Decimal(digits.replace(".", "").replace(",", "."))
    return Decimal(digits.replace(",", ""))


def text_of(page: LexborHTMLParser, *selectors: str) -> str | None:
    """The text of the first selector that matches something with text."""
    for selector in selectors:
        for node in page.css(selector):
            if text := node.text().strip():
                return text
    return None


PRICE = (
    "#corePriceDisplay_desktop_feature_div span.aok-offscreen",
    "#corePriceDisplay_desktop_feature_div .priceToPay .a-offscreen",
    "#corePrice_desktop .apexPriceToPay .a-offscreen",
    "#centerCol #corePrice_feature_div .a-offscreen",
    "#priceblock_ourprice",
    "#priceblock_dealprice",
    "#priceblock_saleprice",
    "#buyNewSection .offer-price",
    "#usedBuySection .offer-price",
)
LIST_PRICE = (
    ".basisPrice .a-offscreen",
    "#corePrice_desktop [data-a-strike] .a-offscreen",
    "#price .priceBlockStrikePriceString",
    "#buyBoxInner .a-text-strike",
)
BUY_BOX_PRICE = (
    "#rightCol #corePrice_feature_div .a-offscreen",
    "#price_inside_buybox",
    "#rightCol .offer-price",
)


def details(page: LexborHTMLParser) -> dict[str, str]:
    """Label and value of every row of the details block."""
    rows = {}
    for row in page.css("#productDetails_techSpec_section_1 tr"):
        rows[row.css_first("th").text()] = row.css_first("td").text()
    for row in page.css("#detailBullets_feature_div > ul > li"):
        label, value = row.css(".a-list-item > span")
        rows[label.text()] = value.text()
    for row in page.css("#prodDetails .col1 tr"):
        rows[row.css_first(".label").text()] = row.css_first(".value").text()
    for row in page.css("#detail_bullets_id .content > ul > li"):
        label = row.css_first("b").text()
        rows[label] = row.text().replace(label, "", 1)
    return {clean(label).strip(" :"): clean(value) for label, value in rows.items()}


def clean(text: str) -> str:
    return re.sub(r"[\u200e\u200f\s]+", " ", text).strip()


def weight(rows: dict[str, str], labels: tuple[str, str], host: str) -> Decimal | None:
    """Grams from the item's row, else from the package's, of which the part after the semicolon is the weight."""
    item, package = labels
    text = rows.get(item) or (rows[package].partition(";")[2] if package in rows else None)
    return number(text, host) * GRAMS[text.split()[-1]] if text else None
