"""What the tests of this folder share: tables, a rate, and an analysis in one call."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from shared.profit import Analysis, AnalysisSettings, ProductFacts, Rate, analyze, load_tables

TABLES = load_tables()


def yen(value: str = "9.3", **changes: Any) -> Rate:
    known = {"base": "JPY", "value": Decimal(value), "as_of": date(2026, 11, 20), "source": "frankfurter"}
    return Rate.model_validate({**known, **changes})


def analysed(*, rate: str = "9.3", sell: int | None = None, **values: Any) -> Analysis:
    """The analysis of 1,000 JPY, 500 g, daily necessities, target 10 %, changed by `values`."""
    facts: dict[str, Any] = {"price": Decimal(1000), "weight_g": Decimal(500), "category": "daily_necessities"}
    facts |= {key: values.pop(key) for key in list(values) if key in ProductFacts.model_fields}
    settings = AnalysisSettings.model_validate(values)
    return analyze(ProductFacts.model_validate(facts), settings, TABLES, {"JPY": yen(rate)}, sell)
