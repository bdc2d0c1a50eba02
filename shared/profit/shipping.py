"""What carrying a parcel from Japan to Korea costs, by weight."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

from shared.profit.pricing import EXACT
from shared.profit.tables import ShippingTable, ShippingTier


def chargeable_weight_g(weight_g: Decimal, table: ShippingTable) -> int | None:
    """`weight_g` (above 0) rounded up to a whole step, or None when it is over the limit."""
    if weight_g > table.max_weight_g:
        return None
    with localcontext(EXACT):
        return int((weight_g / table.step_g).to_integral_value(ROUND_CEILING)) * table.step_g


def international_jpy(chargeable_g: int, tier: ShippingTier, table: ShippingTable) -> Decimal:
    """The price in JPY of a chargeable weight: points of its band × JPY a point."""
    start = 0
    for band in table.tiers[tier]:
        if chargeable_g <= band.up_to_g:
            further_steps = (chargeable_g - start) // table.step_g - 1
            return (band.first_points + further_steps * band.step_points) * table.point_jpy
        start = band.up_to_g
    raise ValueError(f"{chargeable_g} g is beyond the last band")
