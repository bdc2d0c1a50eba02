"""Small pages of our own for the tests: the marks of a product page around the snippet under test."""

from shared.amazon.pages import Page, Product, parse

ASIN = "B07WXL5YPW"


def page(
    *blocks: str, marketplace: str = "amazon.com", asin: str = ASIN, title: str = "A thing", language: str = ""
) -> bytes:
    """A complete page with a title and an ASIN around `blocks`."""
    body = "\n".join(blocks)
    return (
        f'<!doctype html><html lang="{language}"><head><title>{title} : Amazon</title></head><body><div id="dp">'
        f'<span id="productTitle"> {title} </span><input type="hidden" id="ASIN" value="{asin}">'
        f"{body}</div></body></html>"
    ).encode()


def parsed(*blocks: str, marketplace: str = "amazon.com", language: str = "") -> Page:
    """What the parser makes of a page with `blocks`."""
    body = page(*blocks, marketplace=marketplace, language=language)
    return parse(body, url=f"https://www.{marketplace}/dp/{ASIN}")


def product(*blocks: str, marketplace: str = "amazon.com", language: str = "") -> Product:
    """The product of a page with `blocks`."""
    found = parsed(*blocks, marketplace=marketplace, language=language).product
    assert found is not None
    return found


def parts(symbol: str, whole: str, cents: str | None, marks: str = "priceToPay", spoken: str = " ") -> str:
    """A price as pages since 2021 draw it: spoken for screen readers (often blank), and in parts."""
    fraction = f'<span class="a-price-fraction">{cents}</span>' if cents is not None else ""
    return (
        f'<span class="a-price {marks}"><span class="a-offscreen">{spoken}</span><span aria-hidden="true">'
        f'<span class="a-price-symbol">{symbol}</span><span class="a-price-whole">{whole}</span>{fraction}'
        "</span></span>"
    )


def row(label: str, value: str) -> str:
    """A table of details with one row."""
    cells = f"<th> {label} </th><td> \u200e{value} </td>"
    return f'<table id="productDetails_techSpec_section_1"><tr>{cells}</tr></table>'
