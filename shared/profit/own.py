"""What its user has said of a product's resale, kept beside its analyses: collecting it again leaves it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.profit.models import Analysis


def own_words(analysis: Analysis) -> dict[str, Any]:
    """The selling price and the category that an analysis was given, without those that it was not."""
    category = analysis.category if analysis.category_source == "given" else None
    said = {"selling_price_krw": analysis.selling_price_krw, "category": category}
    return {name: value for name, value in said.items() if value is not None}


def with_own_words(settings: Mapping[str, Any], product: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an analysis, or the analysis itself, with what the user has said of the stored product."""
    said: Mapping[str, Any] = product.get("resale") or {}
    given = {"category_source": "given"} if "category" in said else {}
    return {**settings, **said, **given}
