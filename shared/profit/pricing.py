"""The arithmetic of a sale, exact in Decimal: the price to ask and the margin a price reaches.

With all percentages of the selling price p, in KRW:

    profit(p)   = p − cost − p × fee
    margin(p)   = profit(p) / p
    recommended = cost / (1 − margin − fee), rounded up to 100 KRW

Nothing is rounded on the way. Comparisons with the target use the exact values; only what is shown is rounded: KRW
to whole won, halves away from zero, and percentages down to two places, so that a shown margin never claims more than
was reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import lru_cache

from shared.profit.errors import ImpossibleMarginError

PRICE_STEP_KRW = 100

# Sixty digits hold every product of the inputs in full; ROUND_FLOOR keeps a shown margin on the safe side.
EXACT = Context(prec=60, rounding=ROUND_FLOOR, traps=[DivisionByZero, InvalidOperation, Overflow])

_CENT = Decimal("0.01")
_WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What selling at `price_krw` leaves, exact; `margin_percent` alone is rounded down to two places."""

    price_krw: int
    platform_fee_krw: Decimal
    profit_krw: Decimal
    margin_percent: Decimal
    reaches_target: bool


def recommended_price(cost_krw: Decimal, margin_percent: Decimal, fee_percent: Decimal) -> int:
    """The least multiple of 100 KRW whose margin reaches `margin_percent`; raises ImpossibleMarginError."""
    with localcontext(EXACT):
        room = 100 - margin_percent - fee_percent
        if room <= 0:
            raise ImpossibleMarginError(margin_percent, fee_percent, largest_margin(fee_percent))
        # 100 × cost / room, counted in steps of 100 KRW; divmod is exact where division is not.
        steps, rest = divmod(cost_krw, room)
        return PRICE_STEP_KRW * (int(steps) + (rest > 0))


@lru_cache(maxsize=256)  # asked twice for every product; there are as many fees as categories
def largest_margin(fee_percent: Decimal) -> Decimal:
    """The largest margin in percent, in two places, that some price reaches; below 0 when the fee takes everything."""
    with localcontext(EXACT):
        room = 100 - fee_percent
        shown = room.quantize(_CENT)
        return shown if shown < room else shown - _CENT


def outcome(price_krw: int, cost_krw: Decimal, fee_percent: Decimal, target_percent: Decimal) -> Outcome:
    """What selling at `price_krw` (above 0) leaves after cost and platform fee."""
    with localcontext(EXACT):
        fee = price_krw * fee_percent / 100
        profit = price_krw - cost_krw - fee
        margin = (profit * 100 / price_krw).quantize(_CENT)
        return Outcome(price_krw, fee, profit, margin, profit * 100 >= target_percent * price_krw)


def won(amount: Decimal) -> int:
    """`amount` as shown: whole won, halves away from zero."""
    return int(amount.quantize(_WHOLE, rounding=ROUND_HALF_UP, context=EXACT))
