"""Whether a page looks as if its layout had changed. Pure, but for what it has learnt of the pages before."""

from __future__ import annotations

from collections import Counter, defaultdict

from shared.amazon.pages import Page

# Fields that nearly every page has where pages have them at all; a page without a title is no product to begin with.
WATCHED = ("price", "images", "categories", "availability_text")
# Pages that nothing could be made of although they are whole and come from the marketplace.
UNREADABLE = frozenset({"changed_layout", "malformed"})
FIELDS_MISSING = "fields_missing"
# Rules that answer only where the elements that show the field have gone.
LAST_RESORTS = {"title": frozenset({"meta"}), "price": frozenset({"offer-data", "cart-form", "metrics"})}
LAST_RESORT = "last_resort"
# What a field's absence means when nearly all pages have it.
RULE_DRIFT = "rule_drift"

# A field is usual once so many pages were seen, of which this share had it.
ENOUGH_PAGES = 50
USUAL_SHARE = 0.95
# Older pages count less and less: counts are halved when they reach this.
MEMORY_PAGES = 1_000


class UsualFields:
    """What product pages of a marketplace usually have, learnt from those this process has seen lately."""

    def __init__(self) -> None:
        self._pages: Counter[str] = Counter()
        self._found: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def missing(self, marketplace: str, page: Page) -> tuple[str, ...]:
        """The usual fields that this product page lacks."""
        pages, found = self._pages[marketplace], self._found[marketplace]
        if pages < ENOUGH_PAGES:
            return ()
        return tuple(name for name in WATCHED if name not in page.trace and found[name] >= USUAL_SHARE * pages)

    def learn(self, marketplace: str, page: Page) -> None:
        """Count a product page."""
        found = self._found[marketplace]
        self._pages[marketplace] += 1
        found.update(name for name in WATCHED if name in page.trace)
        if self._pages[marketplace] >= MEMORY_PAGES:
            self._pages[marketplace] //= 2
            for name in WATCHED:
                found[name] //= 2


class Drift:
    """Tells of each page whether, and why, an operator should look at it."""

    def __init__(self) -> None:
        self._usual = UsualFields()

    def look(self, marketplace: str, page: Page) -> tuple[str, tuple[str, ...]] | None:
        """The reason and the fields that are missing, or None for a page that is as it should be."""
        if page.kind == "unknown" and page.reason in UNREADABLE:
            names = ("title", *WATCHED) if page.product is not None else ()
            return page.reason, tuple(name for name in names if name not in page.trace)
        if page.kind != "product" or page.advice != "ok":
            return None
        missing = self._usual.missing(marketplace, page)
        self._usual.learn(marketplace, page)
        if missing:
            return FIELDS_MISSING, missing
        hidden = tuple(name for name, rules in LAST_RESORTS.items() if page.trace.get(name) in rules)
        return (LAST_RESORT, hidden) if hidden else None
