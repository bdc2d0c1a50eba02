"""Product pages: every field's rules applied, and what they found made consistent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from shared.amazon.pages.document import Document
from shared.amazon.pages.model import Availability, Product
from shared.amazon.pages.numbers import Money
from shared.amazon.pages.product import content, details, identity, images, offer, price, reviews
from shared.amazon.pages.product.states import state_of
from shared.amazon.pages.rules import Answer, Field

# Elements that only product pages have: one of the first, or several of the second.
_TITLES = frozenset(
    {"productTitle", "ebooksProductTitle", "btAsinTitle", "mas-title", "gc-asin-title", "av-dp-container"}
)
_PARTS = frozenset(
    {
        "ASIN", "title", "title_feature_div", "dp", "dp-container", "ppd", "centerCol", "rightCol", "buybox",
        "desktop_buybox", "mobile_buybox_feature_div", "imageBlock", "image-block", "landingImage", "imgBlkFront",
        "bylineInfo", "feature-bullets", "averageCustomerReviews", "availability", "productDescription", "prodDetails",
        "detail_bullets_id", "priceblock_ourprice",
    }
)  # fmt: skip
_ENOUGH_PARTS = 3

# Fields that stand on their own: what their rules find is what the product has.
_PLAIN: tuple[Field[Any], ...] = (
    identity.TITLE,
    identity.PARENT_ASIN,
    reviews.REVIEW_COUNT,
    images.IMAGES,
    content.FEATURES,
    content.CATEGORIES,
    details.WEIGHT,
    details.DIMENSIONS,
    offer.AVAILABILITY_TEXT,
    offer.SELLER,
    content.VARIATION,
    content.DESCRIPTION,
    images.APLUS_IMAGES,
    details.BESTSELLER_RANKS,
)
# Fields that are settled against others.
_SETTLED: tuple[Field[Any], ...] = (
    price.PRICE,
    price.USED_PRICE,
    price.FORMAT_PRICE,
    price.LIST_PRICE,
    identity.BRAND,
    identity.AUTHOR,
    reviews.RATING,
)

# Every field that a trace can name.
FIELD_NAMES = tuple(dict.fromkeys(("asin", "currency", *(field.name for field in (*_PLAIN, *_SETTLED)))))


def tables(asked: str | None) -> tuple[Field[Any], ...]:
    """The tables of rules of every field, in the order they are told; `asked` as in `read_product`."""
    return (identity.asin_field(asked), *_PLAIN, *_SETTLED)


def is_product(document: Document) -> bool:
    """Whether the page shows one product."""
    return not _TITLES.isdisjoint(document.ids) or len(_PARTS & document.ids.keys()) >= _ENOUGH_PARTS


def read_product(document: Document, asked: str | None) -> tuple[Product, dict[str, str]]:
    """The product of the page, and for each field that was found the rule that found it.

    `asked` is the ASIN of the address that was fetched.
    """
    answers: dict[str, Answer[Any]] = {field.name: field.read(document) for field in _PLAIN}
    answers["asin"] = identity.asin_field(asked).read(document)
    answers.update(_offer(document))
    answers.update(_maker(document))
    rating = reviews.RATING.read(document)
    if answers["parent_asin"].value == answers["asin"].value:
        answers["parent_asin"] = Answer()
    answers["rating"] = Answer() if answers["review_count"].value == 0 else rating
    found = {name: answer for name, answer in answers.items() if answer.value is not None}
    values: dict[str, Any] = {name: answer.value for name, answer in found.items()}
    product = Product(
        **values,
        availability=_availability(answers),
        condition=_condition(answers["price"]),
    )
    return product, {name: answer.rule or "" for name, answer in found.items()}


def explain_product(document: Document, asked: str | None) -> dict[str, list[dict[str, Any]]]:
    """For each field, what every one of its rules answers."""
    told: dict[str, list[dict[str, Any]]] = {}
    for field in tables(asked):
        told.setdefault(field.name, []).extend(field.explain(document))
    return told


def _offer(document: Document) -> dict[str, Answer[Any]]:
    """Price, currency and list price. A list price not above the price, or in other money, is none."""
    nothing: Answer[Money] = Answer()
    tables = (price.PRICE, price.USED_PRICE, price.FORMAT_PRICE)
    asked = next((answer for table in tables if (answer := table.read(document)).value is not None), nothing)
    listed = price.LIST_PRICE.read(document)
    if asked.value and listed.value and not _is_above(listed.value, asked.value):
        listed = Answer()
    money = asked.value or listed.value
    rule = asked.rule or listed.rule
    return {
        "price": Answer(_amount(asked), asked.rule),
        "currency": Answer(money.currency if money else None, rule),
        "list_price": Answer(_amount(listed), listed.rule),
    }


def _is_above(listed: Money, asked: Money) -> bool:
    return listed.currency == asked.currency and listed.amount > asked.amount


def _amount(answer: Answer[Money]) -> Decimal | None:
    return answer.value.amount if answer.value else None


def _maker(document: Document) -> dict[str, Answer[Any]]:
    """Brand and author. A work with an author has a brand only where its byline is one."""
    author = identity.AUTHOR.read(document)
    brand = identity.BRAND.read(document)
    if author.value is not None and not (brand.rule or "").startswith("byline"):
        brand = Answer()
    return {"author": author, "brand": brand}


def _availability(answers: dict[str, Answer[Any]]) -> Availability:
    if (answers["price"].rule or "").startswith("used-"):
        return Availability.USED_ONLY
    text = answers["availability_text"].value
    return state_of(text) if text else Availability.UNKNOWN


def _condition(asked: Answer[Any]) -> Literal["new", "used"] | None:
    if asked.rule is None or asked.rule.startswith("format"):
        return None
    return "used" if asked.rule.startswith("used-") else "new"
