"""What surrounds every page: document head, navigation bar, footer."""

from functools import cache
from html import escape
from pathlib import Path

from deploy.local.storefront.marketplaces import Marketplace
from deploy.local.storefront.words import Words

_TEMPLATES = Path(__file__).parent.parent / "templates"


@cache
def template(name: str) -> str:
    """The text of a file of ``templates/``."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def document(market: Marketplace, words: Words, title: str, canonical: str, content: str) -> str:
    """A whole page with navigation and footer around ``content``; ``canonical`` is the path of its own address."""
    return (
        f'<!doctype html><html lang="{words.code}" class="a-no-js" data-19ax5a9jf="dingo"><head><meta charset="utf-8">'
        f'<meta http-equiv="x-dns-prefetch-control" content="on"><title>{escape(title)}</title>'
        f'<link rel="canonical" href="https://www.{market.host}{escape(canonical)}">'
        f'<meta name="description" content="{escape(title)}">{template("style.html")}</head>'
        f'<body class="a-aui_72554-c"><div id="a-page">{_navigation(market, words)}{content}'
        f"{_footer(market, words)}</div></body></html>"
    )


@cache
def _navigation(market: Marketplace, words: Words) -> str:
    links = "".join(f'<a href="/ref=nav_{place}" class="nav-a">{text}</a>' for place, text in enumerate(words.nav))
    return (
        '<header id="navbar-main"><div id="nav-belt"><div id="nav-logo"><a href="/ref=nav_logo" class="nav-logo-link">'
        f'{market.host}</a></div><div id="glow-ingress-block">{words.deliver_to}</div>'
        '<form id="nav-search-bar-form" action="/s" method="GET" role="search">'
        f'<select id="searchDropdownBox" name="url"><option>{words.all_departments}</option></select>'
        '<input type="text" id="twotabsearchtextbox" name="k" value="">'
        f'<input id="nav-search-submit-button" type="submit" value="{words.search}"></form>'
        f'<div id="nav-tools"><a id="nav-link-accountList" href="/ap/signin">{words.sign_in}</a>'
        f'<a id="nav-cart" href="/gp/cart/view.html"><span id="nav-cart-count">0</span> {words.cart}</a></div></div>'
        f'<div id="nav-main">{links}</div></header>'
    )


@cache
def _footer(market: Marketplace, words: Words) -> str:
    links = "".join(f'<li><a href="/gp/help/{place}">{text}</a></li>' for place, text in enumerate(words.footer))
    return f'<footer id="navFooter"><ul>{links}</ul><div class="nav-footer-copyright">© {market.name}</div></footer>'
