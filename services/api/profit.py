"""Answers questions about profit with the rates known now. Never waits for anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from services.api.requests import AnalyzeRequest
from shared.profit import (
    Analysis,
    AnalysisSettings,
    CalculateRequest,
    ProductFacts,
    Rate,
    RecommendPriceRequest,
    RecommendPriceResponse,
    Tables,
    analyze,
    calculate,
    recommend_price,
)


class ProfitDesk:
    """Its methods raise the errors of `shared.profit.errors`, which are answered as problems."""

    def __init__(self, tables: Tables, rates: Callable[[], Mapping[str, Rate]]) -> None:
        self._tables = tables
        self._rates = rates

    def calculate(self, request: CalculateRequest) -> Analysis:
        return calculate(request, self._tables, self._rates())

    def recommend(self, request: RecommendPriceRequest) -> RecommendPriceResponse:
        return recommend_price(request, self._tables, self._rates())

    def analyze(self, product: Mapping[str, Any], request: AnalyzeRequest) -> Analysis:
        """The analysis of a stored product; what `request` does not name is as in the analysis it has."""
        wanted = _wanted(product.get("analysis") or {}, request)
        category, selling_price = wanted.pop("category", None), wanted.pop("selling_price_krw", None)
        settings = AnalysisSettings.model_validate(wanted)
        return analyze(_facts(product, category), settings, self._tables, self._rates(), selling_price)


def _wanted(analysis: Mapping[str, Any], request: AnalyzeRequest) -> dict[str, Any]:
    stored = {name: analysis[name] for name in AnalyzeRequest.model_fields if analysis.get(name) is not None}
    if analysis.get("category_source") != "given":
        stored.pop("category", None)
    asked = {name: getattr(request, name) for name in request.model_fields_set}
    return {name: value for name, value in {**stored, **asked}.items() if value is not None}


def _facts(product: Mapping[str, Any], category: str | None) -> ProductFacts:
    weight = product.get("weight_g")
    return ProductFacts(
        price=product.get("price"),
        currency=product.get("currency") or "JPY",
        weight_g=None if weight is None else Decimal(weight),
        category=category,
        breadcrumbs=tuple(product.get("categories") or ()),
        title=product.get("title"),
    )
