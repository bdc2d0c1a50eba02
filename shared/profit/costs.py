"""The parts of what a product costs its reseller, exact, in KRW."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from shared.profit.models import CostSettings, Rate
from shared.profit.pricing import EXACT


@dataclass(frozen=True, slots=True)
class Costs:
    """cost = (price + japan_shipping + international) × rate + korea_shipping + packaging."""

    price: Decimal
    japan_shipping: Decimal
    international: Decimal
    korea_shipping: Decimal
    packaging: Decimal

    @property
    def total(self) -> Decimal:
        with localcontext(EXACT):
            return self.price + self.japan_shipping + self.international + self.korea_shipping + self.packaging


def costs_krw(price: Decimal, rate: Rate, international_jpy: Decimal, yen: Rate, settings: CostSettings) -> Costs:
    """The parts in KRW: `price` converted with `rate`, what is paid in JPY with `yen`."""
    with localcontext(EXACT):
        return Costs(
            price=price * rate.value,
            japan_shipping=settings.japan_shipping_jpy * yen.value,
            international=international_jpy * yen.value,
            korea_shipping=settings.korea_shipping_krw,
            packaging=settings.packaging_krw,
        )
