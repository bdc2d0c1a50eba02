"""The resale analysis of a collected product, with the rate known now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from services.collector.results import Observation, Result
from shared.mongo import Decimal128, Document
from shared.mongodecimals import to_decimal
from shared.profit.analysis import analyze
from shared.profit.models import Analysis, AnalysisSettings, ProductFacts, Rate
from shared.profit.tables import Tables

COST_SETTINGS = ("target_margin", "japan_shipping_jpy", "korea_shipping_krw", "packaging_krw", "shipping_tier")


class Analyst:
    def __init__(self, tables: Tables, rates: Callable[[], Mapping[str, Rate]]) -> None:
        self._tables = tables
        self._rates = rates

    def __call__(self, result: Result, stored: Mapping[str, Any]) -> Analysis | None:
        """Judged at the selling price, and in the category, that its user has given the `stored` product.

        None when the job did not ask for it, or nothing was collected.
        """
        if result.observation is None or not result.task.is_analysed:
            return None
        said = stored.get("resale") or {}
        category = said.get("category")
        facts = _facts(result.observation, category if category in self._tables.categories.categories else None)
        settings = _settings(result.task.job.settings)
        return analyze(facts, settings, self._tables, self._rates(), said.get("selling_price_krw"))


def _settings(settings: Mapping[str, object]) -> AnalysisSettings:
    given = {name: settings[name] for name in COST_SETTINGS if settings.get(name) is not None}
    return AnalysisSettings.model_validate(given)


def _facts(observation: Observation, category: str | None) -> ProductFacts:
    page: Document = observation.page
    return ProductFacts(
        price=_decimal(page.get("price")),
        currency=page.get("currency") or "JPY",
        weight_g=_decimal(page.get("weight_g")),
        category=category,
        breadcrumbs=tuple(page.get("categories") or ()),
        title=page.get("title"),
    )


def _decimal(value: Decimal128 | int | None) -> Decimal | None:
    return to_decimal(value) if isinstance(value, Decimal128) else None if value is None else Decimal(value)
