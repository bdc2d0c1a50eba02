"""Answers questions about profit with the rates known now. Never waits for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from services.api.problems import FieldError, invalid
from services.api.requests import AnalyzeRequest, CostRequest
from shared.amazon.currencies import CURRENCIES
from shared.profit import (
    Analysis,
    AnalysisSettings,
    CalculateRequest,
    ProductFacts,
    Rate,
    RecommendPriceRequest,
    RecommendPriceResponse,
    Tables,
    UnknownCategoryError,
    analyze,
    calculate,
    recommend_price,
    with_own_words,
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
        return self._analyze(
            product, _wanted(with_own_words(product.get("analysis") or {}, product), request), self._rates()
        )

    def rates(self, given: Mapping[str, float]) -> dict[str, Rate]:
        """The rates of now, those `given` by a request in their place. On the event loop: a refresh may begin.

        Raises Problem (422) for currencies that no product is priced in.
        """
        _check_currencies(given)
        own = {base: Rate(base=base, value=Decimal(str(value)), source="request") for base, value in given.items()}
        return {**self._rates(), **own}

    def reprice(
        self,
        product: Mapping[str, Any],
        request: CostRequest,
        rates: Mapping[str, Rate],
        otherwise: Mapping[str, Any] | None = None,
    ) -> Analysis:
        """As `analyze`, with these rates; `otherwise` are the settings of a product that has no analysis yet.

        A given category that the tables do not know any more is told from the page again.
        """
        wanted = _wanted(with_own_words(product.get("analysis") or otherwise or {}, product), request)
        try:
            return self._analyze(product, wanted, rates)
        except UnknownCategoryError:
            return self._analyze(product, {**wanted, "category": None}, rates)

    def _analyze(self, product: Mapping[str, Any], wanted: Mapping[str, Any], rates: Mapping[str, Rate]) -> Analysis:
        settings = AnalysisSettings.model_validate({n: v for n, v in wanted.items() if n in CostRequest.model_fields})
        facts = _facts(product, wanted.get("category"))
        return analyze(facts, settings, self._tables, rates, wanted.get("selling_price_krw"))


def _check_currencies(bases: Iterable[str]) -> None:
    told = "is no currency that products are priced in"
    unknown = [FieldError(f"rates.{base}", "unknown_currency", told) for base in bases if base not in CURRENCIES]
    if unknown:
        names = ", ".join(error.field for error in unknown)
        raise invalid("invalid_request", f"The request is not valid: {names}.", unknown)


def _wanted(analysis: Mapping[str, Any], request: CostRequest) -> dict[str, Any]:
    names = AnalyzeRequest.model_fields
    stored = {name: analysis[name] for name in names if analysis.get(name) is not None}
    if analysis.get("category_source") != "given":
        stored.pop("category", None)
    asked = {name: getattr(request, name) for name in request.model_fields_set if name in names}
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
