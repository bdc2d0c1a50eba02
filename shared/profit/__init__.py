"""The reseller's decision: what a product costs in Korea, what to ask for it and what that leaves. Pure rules."""

from shared.profit.analysis import analyze, calculate, recommend_price
from shared.profit.errors import ImpossibleMarginError, NoRecommendationError, TablesError, UnknownCategoryError
from shared.profit.models import (
    Analysis,
    AnalysisSettings,
    CalculateRequest,
    ProductFacts,
    Rate,
    RecommendPriceRequest,
    RecommendPriceResponse,
)
from shared.profit.own import own_words, with_own_words
from shared.profit.tables import Tables, load_tables

__all__ = [
    "Analysis",
    "AnalysisSettings",
    "CalculateRequest",
    "ImpossibleMarginError",
    "NoRecommendationError",
    "ProductFacts",
    "Rate",
    "RecommendPriceRequest",
    "RecommendPriceResponse",
    "Tables",
    "TablesError",
    "UnknownCategoryError",
    "analyze",
    "calculate",
    "load_tables",
    "own_words",
    "recommend_price",
    "with_own_words",
]
