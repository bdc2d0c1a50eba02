"""What every block of a product page needs to know, gathered once per page."""

import random
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from html import escape

from deploy.local.storefront.facts import ProductFacts
from deploy.local.storefront.layouts import Layout, require_layout
from deploy.local.storefront.marketplaces import Marketplace, require_marketplace
from deploy.local.storefront.numbers import decimal_text, grouped, money, money_parts
from deploy.local.storefront.words import WORDS, Words


@dataclass(frozen=True)
class Page:
    """The facts of a page with its marketplace, words and layout, and the ways to print its values."""

    facts: ProductFacts
    market: Marketplace
    words: Words
    layout: Layout

    @classmethod
    def of(cls, facts: ProductFacts) -> "Page":
        return cls(facts, require_marketplace(facts.host), WORDS[facts.language], require_layout(facts.layout))

    @cached_property
    def chance(self) -> random.Random:
        """A generator for what is not part of the facts: neighbours, traps, identifiers."""
        return random.Random(f"around/{self.facts.host}/{self.facts.asin}")

    def money(self, value: Decimal) -> str:
        return escape(money(value, self.market, old=self.layout.old_money))

    def modern_money(self, value: Decimal) -> str:
        return escape(money(value, self.market))

    def money_parts(self, value: Decimal) -> tuple[str, str, str]:
        return money_parts(value, self.market)

    def count(self, value: int) -> str:
        return grouped(value, self.market)

    def rating(self, value: Decimal) -> str:
        return self.words.rating.format(decimal_text(value, self.market))

    def other_price(self) -> Decimal:
        """A price that is not this product's: what a neighbour costs."""
        return self._drawn(310, 9800)

    def shipping_fee(self) -> Decimal:
        """What sending the product costs."""
        return self._drawn(280, 1600)

    def _drawn(self, low: int, high: int) -> Decimal:
        yen = Decimal(self.chance.randint(low, high))
        return self.market.from_yen(yen).quantize(Decimal(1).scaleb(-self.market.minor_digits))
