"""Answers about working out stored products anew."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.responses.numbers import Number
from services.api.responses.profits import PROFIT_EXAMPLE, JobProfit
from shared.profit import Rate

REPRICING_EXAMPLE: dict[str, Any] = {
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "id": "019ab0d1a2b37c60a1f2b3c4d5e6f709",
    "state": "running",
    "asked": {"rates": {"JPY": 9.52}, "target_margin": 15, "japan_shipping_jpy": 500},
    "rates": [{"base": "JPY", "quote": "KRW", "value": 9.52, "as_of": None, "source": "request", "stale": False}],
    "total": 100,
    "repriced": 40,
    "left_out": 1,
    "requested_at": "2026-11-23T07:00:00Z",
    "completed_at": None,
}
FIGURES_EXAMPLE: dict[str, Any] = {
    "status": "complete",
    "is_profitable": True,
    "reasons": [],
    "target_margin": 15,
    "margin_percent": 15.09,
    "profit_krw": 9240,
    "cost_krw": 45350,
    "recommended_price_krw": 61200,
    "selling_price_krw": None,
}
PRICED_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "marketplace": "amazon.co.jp",
            "asin": "B07WXL5YPW",
            "figures": {**FIGURES_EXAMPLE, "selling_price_krw": 61200},
        }
    ]
}
PREVIEW_EXAMPLE: dict[str, Any] = {
    "items": [{"marketplace": "amazon.co.jp", "asin": "B07WXL5YPW", "before": None, "after": FIGURES_EXAMPLE}]
}


class RepricingState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Repricing(BaseModel):
    """The last repricing of a job, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPRICING_EXAMPLE]})

    job_id: str
    id: str = Field(description="Another one with each repricing of the job")
    state: RepricingState
    asked: dict[str, Any] = Field(description="What was asked for")
    rates: list[Rate] = Field(description="Rates that it uses from beginning to end")
    total: int = Field(description="Items of the job that had succeeded when it was asked for")
    repriced: int = Field(description="Products that bear their new analysis")
    left_out: int = Field(description="Products that have been deleted, or that another job was collecting just then")
    requested_at: datetime
    completed_at: datetime | None


class RepricePreview(BaseModel):
    """What a repricing would change; nothing is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"before": PROFIT_EXAMPLE, "after": PROFIT_EXAMPLE}]})

    before: JobProfit = Field(description="With the analyses as they are")
    after: JobProfit


class PreviewedFigures(BaseModel):
    """What of an analysis decides."""

    status: str
    is_profitable: bool | None
    reasons: list[str] = Field(description="Their codes")
    target_margin: Number
    margin_percent: Number | None
    profit_krw: int | None
    cost_krw: int | None
    recommended_price_krw: int | None
    selling_price_krw: int | None


class PreviewedProduct(BaseModel):
    marketplace: str
    asin: str
    before: PreviewedFigures | None = Field(description="Null when it has not been analysed")
    after: PreviewedFigures


class PricedProduct(BaseModel):
    marketplace: str
    asin: str
    figures: PreviewedFigures


class PricedProducts(BaseModel):
    """Products as judged at their new prices, in the order asked for; those that are not yours are left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRICED_EXAMPLE]})

    items: list[PricedProduct]


class ProductsPreview(BaseModel):
    """Products in the order asked for; those that are not yours are left out. Nothing is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [PREVIEW_EXAMPLE]})

    items: list[PreviewedProduct]
