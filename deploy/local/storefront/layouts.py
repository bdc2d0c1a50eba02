"""The page layouts the storefront can draw, as a table: which variant of each block a page of that kind has."""

from dataclasses import dataclass
from enum import StrEnum


class Offer(StrEnum):
    """What can be bought on the page."""

    NEW = "new"
    USED_ONLY = "used_only"
    NO_OFFER = "no_offer"
    UNAVAILABLE = "unavailable"


class Price(StrEnum):
    """How the page prints its price; each is one function in ``render/price.py``."""

    CORE_DISPLAY = "core_display"
    CORE_PRICE = "core_price"
    CORE_TABLE = "core_table"
    OUR_PRICE = "our_price"
    DEAL_PRICE = "deal_price"
    SALE_PRICE = "sale_price"
    BUY_NEW = "buy_new"
    ACCORDION = "accordion"
    USED = "used"
    NONE = "none"


class Details(StrEnum):
    """Where the page keeps weight, size and maker."""

    TABLE = "table"
    BULLETS = "bullets"
    OLD_TABLE = "old_table"
    OLD_LIST = "old_list"


class Images(StrEnum):
    """How the page carries its pictures."""

    COLOR_IMAGES = "color_images"
    DYNAMIC = "dynamic"
    GALLERY = "gallery"


class Weight(StrEnum):
    """Which weights the details name. BOTH has the item's and, as a trap, the heavier package's."""

    ITEM = "item"
    PACKAGE = "package"
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of page; ``year`` is when Amazon's pages looked so."""

    name: str
    year: int
    price: Price
    details: Details
    images: Images
    weight: Weight = Weight.ITEM
    offer: Offer = Offer.NEW
    list_price: bool = False
    variation: str = ""
    reviews: bool = True
    breadcrumb: bool = True
    low_stock: bool = False
    book: bool = False

    @property
    def old_money(self) -> bool:
        """Whether prices are printed in the form used before 2020."""
        return self.year < 2020


P, D, I, W, O = Price, Details, Images, Weight, Offer  # noqa: E741 - one-letter names keep the table a table

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout("core-display-2025", 2025, P.CORE_DISPLAY, D.TABLE, I.COLOR_IMAGES),
        Layout("core-display-deal-2024", 2024, P.CORE_DISPLAY, D.TABLE, I.COLOR_IMAGES, W.BOTH, list_price=True),
        Layout("core-price-2023", 2023, P.CORE_PRICE, D.BULLETS, I.COLOR_IMAGES, W.PACKAGE),
        Layout("core-table-2022", 2022, P.CORE_TABLE, D.BULLETS, I.DYNAMIC, list_price=True),
        Layout("from-search-2022", 2022, P.CORE_TABLE, D.TABLE, I.COLOR_IMAGES, breadcrumb=False),
        Layout("our-price-2018", 2018, P.OUR_PRICE, D.TABLE, I.DYNAMIC, list_price=True),
        Layout("deal-price-2019", 2019, P.DEAL_PRICE, D.OLD_TABLE, I.COLOR_IMAGES, W.PACKAGE, list_price=True),
        Layout("sale-price-2016", 2016, P.SALE_PRICE, D.OLD_TABLE, I.DYNAMIC, list_price=True),
        Layout("twister-form-2019", 2019, P.OUR_PRICE, D.TABLE, I.COLOR_IMAGES, variation="form"),
        Layout("twister-inline-2025", 2025, P.CORE_DISPLAY, D.TABLE, I.COLOR_IMAGES, W.BOTH, variation="inline"),
        Layout("accordion-2024", 2024, P.ACCORDION, D.BULLETS, I.COLOR_IMAGES, W.PACKAGE, list_price=True),
        Layout("low-stock-2025", 2025, P.CORE_DISPLAY, D.BULLETS, I.COLOR_IMAGES, W.NONE, low_stock=True),
        Layout("no-reviews-2021", 2021, P.CORE_TABLE, D.TABLE, I.DYNAMIC, W.BOTH, reviews=False),
        Layout("no-offer-2024", 2024, P.NONE, D.TABLE, I.COLOR_IMAGES, offer=O.NO_OFFER),
        Layout("unavailable-2019", 2019, P.NONE, D.OLD_TABLE, I.COLOR_IMAGES, W.PACKAGE, offer=O.UNAVAILABLE),
        Layout("unavailable-2025", 2025, P.NONE, D.BULLETS, I.COLOR_IMAGES, offer=O.UNAVAILABLE),
        Layout("used-only-2019", 2019, P.USED, D.BULLETS, I.COLOR_IMAGES, offer=O.USED_ONLY),
        Layout("used-only-2024", 2024, P.USED, D.TABLE, I.COLOR_IMAGES, W.NONE, offer=O.USED_ONLY),
        Layout("book-2016", 2016, P.BUY_NEW, D.OLD_LIST, I.GALLERY, W.NONE, book=True, list_price=True),
        Layout("book-2020", 2020, P.BUY_NEW, D.OLD_LIST, I.GALLERY, W.PACKAGE, book=True),
        Layout("book-2024", 2024, P.CORE_DISPLAY, D.BULLETS, I.COLOR_IMAGES, W.ITEM, book=True),
        Layout("book-used-2024", 2024, P.USED, D.BULLETS, I.COLOR_IMAGES, W.NONE, O.USED_ONLY, book=True),
    )
}

# How often each layout is drawn when none is asked for; the rest is drawn once per share of this table.
COMMON = {
    "core-display-2025": 6,
    "core-display-deal-2024": 3,
    "core-price-2023": 3,
    "core-table-2022": 2,
    "book-2024": 3,
}


def choices(*, book: bool) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The names of the layouts for books or for goods, with the weight each is drawn with."""
    names = tuple(name for name, layout in LAYOUTS.items() if layout.book == book)
    return names, tuple(COMMON.get(name, 1) for name in names)


def require_layout(name: str) -> Layout:
    """The layout of that name; ``ValueError`` naming all of them for any other."""
    try:
        return LAYOUTS[name]
    except KeyError:
        raise ValueError(f"unknown layout {name!r}; there are: {', '.join(LAYOUTS)}") from None
