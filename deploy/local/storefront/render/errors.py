"""Pages that are no product: not found, captcha, continue shopping, too many requests, out of service."""

from html import escape
from string import Template

from deploy.local.storefront.marketplaces import Marketplace
from deploy.local.storefront.render.shell import template
from deploy.local.storefront.words import WORDS

_FILES = {
    "404": "not_found.html",
    "captcha": "captcha.html",
    "continue": "continue.html",
    "429": "too_many.html",
    "503": "sorry.html",
}


def render_error(name: str, market: Marketplace, path: str = "/") -> str:
    """The page called ``404``, ``captcha``, ``continue``, ``429`` or ``503``; ``path`` is where its form leads back."""
    words = WORDS[market.language]
    texts = {
        field: getattr(words, field) for field in words.__dataclass_fields__ if isinstance(getattr(words, field), str)
    }
    return Template(template(_FILES[name])).substitute(texts, shop=market.name, path=escape(path))
