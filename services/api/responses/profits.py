"""Answers about what the products of a job would earn."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.responses.numbers import Number

PROFIT_EXAMPLE: dict[str, Any] = {
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "succeeded": 4,
    "judged": 2,
    "profitable": 1,
    "unprofitable": 1,
    "priced": 1,
    "priced_profitable": 0,
    "unjudged": [{"code": "not_analyzed", "count": 1}, {"code": "price_missing", "count": 1}],
    "assumed": [{"code": "weight_assumed", "count": 2}],
    "totals": {"sales_krw": 101000, "cost_krw": 84000, "platform_fees_krw": 7878, "profit_krw": 9122},
    "margin_percent": {"lowest": 7.5, "median": 8.75, "highest": 10},
    "profit_krw": {"lowest": 2500, "median": 4561, "highest": 6622},
    "margins": [
        {"at_least": 7, "below": 8, "count": 1},
        {"at_least": 8, "below": 9, "count": 0},
        {"at_least": 9, "below": 10, "count": 0},
        {"at_least": 10, "below": 11, "count": 1},
    ],
    "profits": [
        {"at_least": 2000, "below": 4000, "count": 1},
        {"at_least": 4000, "below": 6000, "count": 0},
        {"at_least": 6000, "below": 8000, "count": 1},
    ],
    "best": [
        {
            "seq": 17,
            "marketplace": "amazon.co.jp",
            "asin": "B07WXL5YPW",
            "title": "Nintendo Switch 本体",
            "image": "https://m.media-amazon.com/images/I/61-PblYntsL.jpg",
            "price": 3000,
            "currency": "JPY",
            "sale_price_krw": 66220,
            "cost_krw": 52000,
            "profit_krw": 6622,
            "margin_percent": 10,
            "is_profitable": True,
        }
    ],
}


class CodeCount(BaseModel):
    code: str
    count: int


class ProfitTotals(BaseModel):
    """Sums over all judged products, each sold once at the price that was judged."""

    sales_krw: int
    cost_krw: int
    platform_fees_krw: int
    profit_krw: int


class Spread(BaseModel):
    """Of a figure over all judged products; the median of an even count lies halfway between the two in the middle."""

    lowest: Number
    median: Number
    highest: Number


class ProfitBin(BaseModel):
    """How many judged products lie between two bounds; the outermost bins may be open."""

    at_least: Number | None
    below: Number | None
    count: int


class BestProduct(BaseModel):
    """A product at the top of a job."""

    seq: int = Field(description="Place in the job, from 0")
    marketplace: str
    asin: str
    title: str | None
    image: str | None
    price: Number | None
    currency: str | None
    sale_price_krw: int = Field(description="The price that was judged: the given one, else the recommended one")
    cost_krw: int
    profit_krw: int
    margin_percent: Number
    is_profitable: bool


class JobProfit(BaseModel):
    """What the resale of a job's products comes to: succeeded = judged + all that are unjudged."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFIT_EXAMPLE]})

    job_id: str
    succeeded: int = Field(description="Items of the job that succeeded")
    judged: int = Field(description="Whose analysis says whether they are profitable")
    profitable: int = Field(description="Whose margin reaches the target")
    unprofitable: int
    priced: int = Field(
        description="Of those judged, the ones judged at a selling price of yours; all others at the recommended one, "
        "which reaches the target by definition"
    )
    priced_profitable: int = Field(
        description="Of those with a selling price of yours, whose margin reaches the target"
    )
    unjudged: list[CodeCount] = Field(
        description="Why others are not: `not_analyzed`, `product_deleted`, or the first reason of an incomplete "
        "analysis; the most frequent first"
    )
    assumed: list[CodeCount] = Field(description="Remarks on judged products, such as `weight_assumed`, `rate_stale`")
    totals: ProfitTotals
    margin_percent: Spread | None = Field(description="Null when nothing was judged")
    profit_krw: Spread | None
    margins: list[ProfitBin] = Field(description="Histogram of margins in percent")
    profits: list[ProfitBin] = Field(description="Histogram of profits in KRW")
    best: list[BestProduct]
