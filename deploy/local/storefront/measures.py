"""Weights and sizes of generated products: the text a page prints and the exact value it stands for."""

import random
from dataclasses import dataclass
from decimal import Decimal

from deploy.local.storefront.marketplaces import Marketplace
from deploy.local.storefront.numbers import decimal_text
from deploy.local.storefront.words import Words

GRAMS_PER_OUNCE = Decimal("28.349523125")
GRAMS_PER_POUND = Decimal("453.59237")
MM_PER_INCH = Decimal("25.4")


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight as printed and in grams, exactly as the printed number says."""

    text: str
    grams: Decimal


@dataclass(frozen=True, slots=True)
class Size:
    """Length, width and height as printed and in millimetres."""

    text: str
    millimetres: tuple[Decimal, Decimal, Decimal]


def printed_weight(grams: int, market: Marketplace, words: Words) -> Weight:
    """About ``grams``, in one of the units and spellings that this marketplace uses."""
    if market.imperial:
        return _imperial(grams)
    if grams < 1000:
        return Weight(f"{grams} {words.gram_units[grams % len(words.gram_units)]}", Decimal(grams))
    kilos = (Decimal(grams) / 1000).quantize(Decimal("0.01")).normalize()
    return Weight(
        f"{decimal_text(kilos, market)} {words.kilogram_units[grams % len(words.kilogram_units)]}", kilos * 1000
    )


def _imperial(grams: int) -> Weight:
    if grams < GRAMS_PER_POUND:
        ounces = (grams / GRAMS_PER_OUNCE).quantize(Decimal("0.01"))
        return Weight(f"{ounces} ounces", ounces * GRAMS_PER_OUNCE)
    pounds = (grams / GRAMS_PER_POUND).quantize(Decimal("0.01"))
    return Weight(f"{pounds} pounds", pounds * GRAMS_PER_POUND)


def draw_size(rng: random.Random, low: int, high: int, market: Marketplace) -> Size:
    """A box with sides of ``low`` to ``high`` millimetres, printed in centimetres or inches."""
    per_unit, unit = (MM_PER_INCH, "inches") if market.imperial else (Decimal(10), "cm")
    sides = [(rng.randint(low, high) / per_unit).quantize(Decimal("0.1")) for _ in range(3)]
    first, second, third = sides
    text = " x ".join(decimal_text(side, market) for side in sides)
    return Size(f"{text} {unit}", (first * per_unit, second * per_unit, third * per_unit))
