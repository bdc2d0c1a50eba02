"""What the buyer owes on import to Korea: information for the listing, no part of the seller's cost.

goods    = (price + japan_shipping) × rate              up to the exemption nothing is owed
dutiable = goods + international × rate
duty     = dutiable × duty rate of the category
VAT      = (dutiable + duty) × VAT rate
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from shared.profit.costs import Costs
from shared.profit.models import Duty
from shared.profit.pricing import EXACT, won
from shared.profit.tables import Tables


def buyer_duty(costs: Costs, category: str, tables: Tables) -> Duty:
    """Duty and VAT on goods of `category`; the exemption is decided on the exact value of the goods."""
    table, duty_percent = tables.duty, tables.duty_percent(category)
    with localcontext(EXACT):
        goods = costs.price + costs.japan_shipping
        dutiable = goods + costs.international
        exempt = goods <= table.exempt_up_to_krw
        duty = Decimal(0) if exempt else dutiable * duty_percent / 100
        vat = Decimal(0) if exempt else (dutiable + duty) * table.vat_percent / 100
        return Duty(
            duty_percent=duty_percent,
            vat_percent=table.vat_percent,
            exempt_up_to_krw=table.exempt_up_to_krw,
            goods_value_krw=won(goods),
            dutiable_value_krw=won(dutiable),
            exempt=exempt,
            duty_krw=won(duty),
            vat_krw=won(vat),
            total_krw=won(duty + vat),
        )
