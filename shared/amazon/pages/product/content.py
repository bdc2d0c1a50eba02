"""What the seller tells of the product: bullets, description, categories, chosen variation."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document, attribute, text_of
from shared.amazon.pages.rules import Field, Reader

_HIDDEN = re.compile(r"\b(?:aok-hidden|a-hidden)\b")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_FITMENT = re.compile(r"replacementPartsFitment|fitment|showMore|see-more", re.IGNORECASE)
_LONGEST = 20_000
Texts = tuple[str, ...]


def _hidden(node: LexborNode) -> bool:
    return bool(
        _HIDDEN.search(attribute(node, "class"))
        or _HIDDEN_STYLE.search(attribute(node, "style"))
        or _FITMENT.search(node.id or "")
    )


def _bullets(document: Document, node: LexborNode) -> Texts | None:
    """The texts of a list's own visible items."""
    texts: list[str] = []
    for item in node.css("li"):
        text = "" if _hidden(item) or item.css_first("ul") else text_of(item)
        if text:
            texts.append(text)
    return tuple(texts) or None


FEATURES: Field[Texts] = Field(
    "features",
    (
        ("bullets", "#feature-bullets", _bullets),
        ("facts", "#productFactsDesktopExpander", _bullets),
        ("facts-mobile", "#productFactsMobileExpander", _bullets),
        ("bullets-feature", "#featurebullets_feature_div", _bullets),
        ("bullets-below", "#feature-bullets-btf", _bullets),
        ("2014", "#feature-bullets_feature_div", _bullets),
        ("app", "#mas-product-feature", _bullets),
    ),
)


def _crumbs(links: str) -> Reader[Texts]:
    """Reads the names in a trail of links; a link back to search results is not a category."""

    def read(document: Document, node: LexborNode) -> Texts | None:
        if node.css_first("#breadcrumb-back-link"):
            return None
        names = [text_of(link) for link in node.css(links)]
        return tuple(name for name in names if name and not name.startswith(("‹", "«"))) or None

    return read


CATEGORIES: Field[Texts] = Field(
    "categories",
    (
        ("breadcrumbs", "#wayfinding-breadcrumbs_feature_div", _crumbs("li a")),
        ("breadcrumbs-container", "#wayfinding-breadcrumbs_container", _crumbs("li a")),
        ("breadcrumbs-2014", "#detail-breadcrumb", _crumbs("a")),
        ("breadcrumbs-mobile", "#breadcrumb_feature_div", _crumbs("a[class*='breadcrumb']")),
        ("breadcrumbs-mobile-list", "#breadcrumb_feature_div", _crumbs("li a")),
        ("breadcrumbs-feature", "#breadcrumbs_feature_div", _crumbs("li a")),
        ("showing", "#showing-breadcrumbs_div", _crumbs("li a")),
    ),
)


def _text(document: Document, node: LexborNode) -> str | None:
    return text_of(node)[:_LONGEST] or None


DESCRIPTION: Field[str] = Field(
    "description",
    (
        ("description", "#productDescription", _text),
        ("book", "#bookDescription_feature_div .a-expander-content", _text),
        ("book-2015", "#bookDescription_feature_div", _text),
        ("feature", "#productDescription_feature_div", _text),
        ("app", "#mas-product-description", _text),
        ("aplus", "#aplus", _text),
    ),
)

_DIMENSION = "variation_"
_INLINE = "inline-twister-expanded-dimension-text-"


def _chosen(prefix: str, *selectors: str) -> Reader[dict[str, str]]:
    """Reads what is chosen of each dimension: the text of the first of `selectors` that has one, else its own."""

    def read(document: Document, node: LexborNode) -> dict[str, str] | None:
        chosen: dict[str, str] = {}
        for name, nodes in document.ids.items():
            if name.startswith(prefix):
                places = [nodes[0].css_first(selector) for selector in selectors] if selectors else [nodes[0]]
                text = next((text for place in places if (text := text_of(place))), "")
                if text:
                    chosen[name.removeprefix(prefix)] = text
        return chosen or None

    return read


VARIATION: Field[dict[str, str]] = Field(
    "variation",
    (
        ("inline-twister", "", _chosen(_INLINE)),
        ("twister", "", _chosen(_DIMENSION, ".selection", "option[selected]")),
    ),
)
