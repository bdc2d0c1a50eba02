"""Amazon's pages: what kind a page is, and what a product or listing page says. Never raises on any bytes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from shared.amazon.identifiers import ASIN_PATTERN
from shared.amazon.marketplaces import Marketplace, by_host
from shared.amazon.pages import kinds
from shared.amazon.pages.document import MAX_BYTES, Document, MalformedPage, is_truncated
from shared.amazon.pages.listing import explain_listing, read_listing
from shared.amazon.pages.model import Advice, Availability, Listing, Page, Product, Rank, plain_value
from shared.amazon.pages.product import FIELD_NAMES, explain_product, is_product, read_product

__all__ = ["FIELD_NAMES", "Availability", "Listing", "Page", "Product", "Rank", "explain", "parse"]

_ASKED = re.compile(rf"/(?:dp|gp/product|gp/aw/d|asin|d)/({ASIN_PATTERN})(?![0-9A-Z])", re.IGNORECASE)


def parse(body: bytes, *, url: str, status: int = 200, content_type: str | None = None) -> Page:
    """What the response `body` to a request for `url` is and says."""
    opened = _open(body, url, status, content_type)
    if isinstance(opened, Page):
        return opened
    document, truncated = opened
    verdict: tuple[str, Advice] = ("truncated", "retry") if truncated else ("ok", "ok")
    if is_product(document):
        product, trace = read_product(document, _asked(url))
        if product.title is not None:
            return Page("product", *verdict, product=product, trace=trace)
        verdict = verdict if truncated else ("changed_layout", "final")
        return Page("unknown", *verdict, product=product, trace=trace)
    listed = read_listing(document)
    if listed is not None:
        return Page("listing", *verdict, listing=listed[0], trace=listed[1])
    return kinds.recognise(document, status, truncated)


def explain(body: bytes, *, url: str, status: int = 200, content_type: str | None = None) -> dict[str, Any]:
    """The parsed page as `Page.as_dict` gives it, with what every rule of every field answered under `why`."""
    page = parse(body, url=url, status=status, content_type=content_type)
    opened = _open(body, url, status, content_type)
    why: dict[str, Any] = {}
    if not isinstance(opened, Page):
        document, _ = opened
        why = explain_product(document, _asked(url)) if is_product(document) else explain_listing(document)
    return {**page.as_dict(), "why": plain_value(why)}


def _open(body: bytes, url: str, status: int, content_type: str | None) -> tuple[Document, bool] | Page:
    """The page's tree and whether it breaks off, or what the page is if it cannot be read."""
    place = _place(url)
    if place is None:
        return Page("unknown", "other_site", "final")
    if not body or body.isspace():
        verdict = kinds.by_status(status)
        return Page(*verdict) if verdict else Page("unknown", "empty", "retry")
    if len(body) > MAX_BYTES:
        return Page("unknown", "too_large", "final")
    try:
        return Document(body, place, content_type), is_truncated(body)
    except MalformedPage:
        return Page("unknown", "malformed", "final")


def _place(url: str) -> Marketplace | None:
    try:
        return by_host(urlsplit(url).hostname or "")
    except ValueError:
        return None


def _asked(url: str) -> str | None:
    found = _ASKED.search(url)
    return found[1].upper() if found else None
