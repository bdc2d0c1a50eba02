"""The truth about a generated product: what its page says, as plain values, drawn from (seed, host, ASIN) alone."""

import math
import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from deploy.local.storefront.asins import draw_asin, draw_isbn, exists, isbn13
from deploy.local.storefront.layouts import Layout, Offer, Weight, choices, require_layout
from deploy.local.storefront.marketplaces import Marketplace, require_marketplace
from deploy.local.storefront.measures import Size, draw_size, printed_weight
from deploy.local.storefront.words import WORDS, Department, Words

IMAGE_HOST = "https://m.media-amazon.com/images/I/"


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What the page of one product says, and so what a parser must find; None or empty where the page says nothing.

    ``price`` is the featured offer's, else the used offer's that is shown in its place. ``weight_g`` and
    ``dimensions_mm`` are the item's, else the package's, exactly as the printed number and unit say. ``images`` has the
    main picture first; a page prints each in many sizes, so compare by the part of the address after ``/I/``.
    ``availability`` is one of in_stock, low_stock, delayed, unavailable, used_only, no_offer; ``availability_text`` the
    sentence printed. ``categories`` is the breadcrumb from the root. ``variation`` names
    what is chosen as Amazon's scripts do (color_name, size_name). ``details`` are the rows of the details block,
    ``date`` when the product was first sold or the book was published, as printed.
    """

    host: str
    language: str
    asin: str
    parent_asin: str | None
    title: str
    price: Decimal | None
    currency: str
    list_price: Decimal | None
    used_price: Decimal | None
    brand: str | None
    author: str | None
    rating: Decimal | None
    review_count: int
    images: tuple[str, ...]
    features: tuple[str, ...]
    description: str
    categories: tuple[str, ...]
    weight_g: Decimal | None
    dimensions_mm: tuple[Decimal, Decimal, Decimal] | None
    availability: str
    availability_text: str | None
    seller: str | None
    variation: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    date: str
    layout: str


def facts_for(
    host: str, asin: str, *, layout: str | None = None, language: str | None = None, seed: int = 0
) -> ProductFacts:
    """The facts of ``asin`` on the marketplace ``host``: equal for equal arguments, in every process.

    ``layout`` is a name of `layouts.LAYOUTS`, by default one drawn for this product; ``language`` is the language of
    the page around the product (``en`` for addresses with ``/-/en/``), by default the marketplace's own. Raises
    ``ValueError`` for a host, layout or language that is unknown and for a product that does not exist.
    """
    market = require_marketplace(host)
    if not exists(asin):
        raise ValueError(f"there is no product {asin!r} in the storefront")
    if language is not None and language not in WORDS:
        raise ValueError(f"unknown language {language!r}; there are: {', '.join(WORDS)}")
    rng = random.Random(f"{seed}/{market.host}/{asin}")
    drawn = rng.choices(*choices(book=asin[0] != "B"))[0]
    chosen = require_layout(layout or drawn)
    return _Draw(rng, market, asin, chosen, WORDS[language or market.language]).facts()


class _Draw:
    """Draws the parts of one product in a fixed order, so that equal generators give equal products."""

    def __init__(self, rng: random.Random, market: Marketplace, asin: str, layout: Layout, words: Words) -> None:
        self.rng, self.market, self.asin, self.layout, self.words = rng, market, asin, layout, words
        # The goods speak the marketplace's language, whatever the language of the page around them.
        self.goods = WORDS[market.language]
        self.index = rng.randrange(len(self.goods.departments))
        self.brand = rng.choice(self.goods.brands)
        self.author = rng.choice(self.goods.authors)
        self.color = rng.choice(self.goods.colors)
        self.size_name = rng.choice(self.goods.sizes)
        self.adjective = rng.choice(self.goods.adjectives)
        self.date = words.date.format(
            year=rng.randint(2009, 2025), month=words.months[rng.randrange(12)], day=rng.randint(1, 28)
        )

    def facts(self) -> ProductFacts:
        department = self._department(self.goods)
        yen = self._log_uniform(*department.yen)
        price, list_price, used_price = self._prices(yen)
        rating, review_count = self._reviews()
        size = draw_size(self.rng, 30, 400, self.market)
        title = self._book_title() if self.layout.book else self._title(department)
        images = self._images()
        features = () if self.layout.book else self._features(department, size)
        details, weight_g, dimensions = self._details(department, size)
        availability, availability_text = self._availability()
        return ProductFacts(
            host=self.market.host,
            language=self.words.code,
            asin=self.asin,
            parent_asin=draw_asin(self.rng) if self.layout.variation else None,
            title=title,
            price=price,
            currency=self.market.currency,
            list_price=list_price,
            used_price=used_price,
            brand=None if self.layout.book else self.brand,
            author=self.author if self.layout.book else None,
            rating=rating,
            review_count=review_count,
            images=images,
            features=features,
            description=self.goods.description.format(title=title, use=self.rng.choice(department.uses)),
            categories=self._department(self.words).path if self.layout.breadcrumb else (),
            weight_g=weight_g,
            dimensions_mm=dimensions,
            availability=availability,
            availability_text=availability_text,
            seller=self._seller() if self.layout.offer is Offer.NEW else None,
            variation=self._variation(),
            details=details,
            date=self.date,
            layout=self.layout.name,
        )

    def _department(self, words: Words) -> Department:
        return words.book_department if self.layout.book else words.departments[self.index]

    def _log_uniform(self, low: int, high: int) -> int:
        return round(math.exp(self.rng.uniform(math.log(low), math.log(high))))

    def _prices(self, yen: int) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        new = self._rounded(Decimal(yen))
        listed = self._rounded(Decimal(yen) * Decimal(self.rng.randint(115, 160)) / 100)
        used = self._rounded(Decimal(yen) * Decimal(self.rng.randint(40, 80)) / 100)
        if self.layout.offer is Offer.USED_ONLY:
            return used, None, used
        if self.layout.offer is not Offer.NEW:
            return None, None, None
        return new, listed if self.layout.list_price else None, used

    def _rounded(self, yen: Decimal) -> Decimal:
        cent = Decimal(1).scaleb(-self.market.minor_digits)
        return max(self.market.from_yen(yen).quantize(cent, ROUND_HALF_UP), cent)

    def _reviews(self) -> tuple[Decimal | None, int]:
        rating, count = Decimal(self.rng.randint(31, 50)) / 10, self._log_uniform(1, 40_000)
        return (rating, count) if self.layout.reviews else (None, 0)

    def _title(self, department: Department) -> str:
        return self.goods.title.format(
            brand=self.brand,
            adjective=self.adjective,
            noun=self.rng.choice(department.nouns),
            model=f"{self.rng.choice('ABKMTX')}{self.rng.choice('DGLRS')}-{self.rng.randint(10, 989)}",
            color=self.color,
        )

    def _book_title(self) -> str:
        return f"{self.rng.choice(self.goods.book_titles)}: {self.rng.choice(self.goods.subtitles)}"

    def _images(self) -> tuple[str, ...]:
        alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
        names = [f"{self.rng.randint(51, 81)}{''.join(self.rng.choices(alphabet, k=8))}L" for _ in range(6)]
        count = 1 if self.layout.book else self.rng.randint(2, 6)
        return tuple(f"{IMAGE_HOST}{name}._AC_SL1500_.jpg" for name in names[:count])

    def _features(self, department: Department, size: Size) -> tuple[str, ...]:
        use = self.rng.choice(department.uses)
        texts = self.rng.sample(self.goods.features, self.rng.randint(3, 6))
        return tuple(text.format(adjective=self.adjective, use=use, dims=size.text) for text in texts)

    def _details(
        self, department: Department, size: Size
    ) -> tuple[tuple[tuple[str, str], ...], Decimal | None, tuple[Decimal, Decimal, Decimal]]:
        """The printed rows, and the weight and dimensions they name."""
        words = self.words
        grams = self._log_uniform(*department.grams)
        item = printed_weight(grams, self.market, words)
        parcel = printed_weight(grams + self.rng.randint(20, 90), self.market, words)
        box = draw_size(self.rng, 60, 600, self.market)
        package_row = (words.package_label, f"{box.text}; {parcel.text}")
        item_rows = ((words.dimensions_label, size.text), (words.weight_label, item.text))
        head, tail = self._book_rows() if self.layout.book else self._goods_rows()
        match self.layout.weight:
            case Weight.ITEM:
                return (*head, *item_rows, *tail), item.grams, size.millimetres
            case Weight.BOTH:
                return (*head, package_row, *item_rows, *tail), item.grams, size.millimetres
            case Weight.PACKAGE:
                return (*head, package_row, *tail), parcel.grams, box.millimetres
            case Weight.NONE:
                return (*head, (words.dimensions_label, size.text), *tail), None, size.millimetres

    def _goods_rows(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        words = self.words
        head = ((words.maker_label, self.brand), (words.color_label, self.color), (words.size_label, self.size_name))
        return head, ((words.date_label, self.date), ("ASIN", self.asin))

    def _book_rows(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        words = self.words
        isbn = draw_isbn(self.rng) if self.asin.startswith("B") else self.asin
        pages = (words.pages_label, words.pages.format(self.rng.randint(96, 640)))
        head = (
            (words.publisher_label, f"{self.brand} ({self.date})"),
            (words.language_label, self.goods.language_name),
        )
        return (*head, pages, ("ISBN-10", isbn)), (("ISBN-13", isbn13(isbn)),)

    def _availability(self) -> tuple[str, str | None]:
        """The state (in_stock, low_stock, delayed, unavailable, used_only, no_offer) and the sentence printed."""
        left, delayed = self.rng.randint(1, 15), self.rng.random() < 0.1
        if self.layout.offer is Offer.UNAVAILABLE:
            return "unavailable", f"{self.words.unavailable} {self.words.unavailable_more}"
        if self.layout.offer is not Offer.NEW:
            return self.layout.offer.value, None
        if self.layout.low_stock:
            return "low_stock", self.words.low_stock.format(left)
        return ("delayed", self.words.delayed) if delayed else ("in_stock", self.words.in_stock)

    def _seller(self) -> str:
        return self.market.name if self.rng.random() < 0.6 else f"{self.brand} Direct"

    def _variation(self) -> tuple[tuple[str, str], ...]:
        if not self.layout.variation:
            return ()
        return (("color_name", self.color), ("size_name", self.size_name))
