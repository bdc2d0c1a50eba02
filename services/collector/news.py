"""What a batch of results has to tell users of their products: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.collector.pricehistory import price_change
from services.collector.results import Observation, Result
from shared.messages import PriceChange, ProductsNoted, ProfitableProduct
from shared.mongodecimals import to_decimal
from shared.profit.models import Analysis

Analysed = tuple[Result, Observation, Analysis | None]


def news(analysed: Iterable[Analysed], at: datetime) -> list[ProductsNoted]:
    """One message for each run of a job that has anything to tell."""
    changes: dict[tuple[str, int, str], list[PriceChange]] = defaultdict(list)
    profitable: dict[tuple[str, int, str], list[ProfitableProduct]] = defaultdict(list)
    for result, seen, analysis in analysed:
        command = result.task.command
        whose = (command.job_id, command.run, result.task.job.user_id)
        product: dict[str, Any] = {"seq": command.seq, "asin": command.asin, "marketplace": command.marketplace}
        if (change := _price_change(seen, product)) is not None:
            changes[whose].append(change)
        # The recommended price reaches the margin by definition: only a price of the user's own tells anything.
        if analysis is not None and analysis.at_selling is not None and analysis.is_profitable:
            figures: dict[str, Any] = {
                "margin_percent": None if analysis.margin_percent is None else float(analysis.margin_percent),
                "profit_krw": analysis.profit_krw,
                "selling_price_krw": analysis.selling_price_krw,
                "recommended_price_krw": analysis.recommended_price_krw,
            }
            profitable[whose].append(ProfitableProduct(**product, **figures))
    return [
        ProductsNoted(
            job_id=whose[0],
            run=whose[1],
            user_id=whose[2],
            at=at,
            price_changes=tuple(changes[whose]),
            profitable=tuple(profitable[whose]),
        )
        for whose in sorted(changes.keys() | profitable.keys())
    ]


def _price_change(seen: Observation, product: dict[str, Any]) -> PriceChange | None:
    """What this very observation has found changed: whoever uses it again tells it as well, one later does not.

    That follows from what is stored alone, so that a repetition tells the same.
    """
    point, page = seen.point, seen.page
    if point is None or point["price_changed_at"] != seen.observed_at or not price_change(seen):
        return None
    return PriceChange(
        **product,
        currency=page["currency"],
        price=to_decimal(page["price"]),
        previous_price=to_decimal(point["previous_price"]),
    )
