"""Products, their prices over time, and the results of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from services.api.responses.numbers import Number

PRODUCT_EXAMPLE: dict[str, Any] = {
    "marketplace": "amazon.co.jp",
    "asin": "B07WXL5YPW",
    "url": "https://www.amazon.co.jp/dp/B07WXL5YPW",
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "title": "Nintendo Switch 本体",
    "price": 32978,
    "currency": "JPY",
    "list_price": None,
    "brand": "任天堂",
    "author": None,
    "rating": 4.6,
    "review_count": 48211,
    "images": ["https://m.media-amazon.com/images/I/61-PblYntsL.jpg"],
    "features": ["本体 1台"],
    "categories": ["ゲーム", "Nintendo Switch"],
    "weight_g": 1800,
    "dimensions_mm": [239, 102, 13.9],
    "availability": "in_stock",
    "availability_text": "在庫あり。",
    "parent_asin": None,
    "seller": "Amazon.co.jp",
    "condition": "new",
    "variation": {"色": "ネオンブルー"},
    "description": None,
    "aplus_images": [],
    "bestseller_ranks": [{"rank": 3, "category": "Nintendo Switch本体"}],
    "previous_price": 35978,
    "price_change_percent": -8.34,
    "price_changed_at": "2026-11-21T18:30:00Z",
    "analysis": None,
    "favorite": False,
    "notes": "",
    "created_at": "2026-11-23T06:00:05Z",
    "collected_at": "2026-11-23T06:00:05Z",
    "missing": {
        "list_price": "not_reduced",
        "author": "not_on_page",
        "parent_asin": "not_on_page",
        "description": "not_on_page",
        "analysis": "not_analyzed",
    },
}
PRICE_POINT_EXAMPLE: dict[str, Any] = {
    "at": "2026-11-21T18:30:00Z",
    "price": 32978,
    "currency": "JPY",
    "availability": "in_stock",
}
# As the profit routes document it; what is stored is handed on as it is.
ANALYSIS = WithJsonSchema({"$ref": "#/components/schemas/Analysis"})


class Rank(BaseModel):
    """A place in a bestseller list."""

    rank: int
    category: str


class ProductView(BaseModel):
    """A product as its user sees it; what its page does not tell is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRODUCT_EXAMPLE]})

    marketplace: str
    asin: str
    url: str
    job_id: str | None = Field(description="The last job that collected it")
    title: str | None = None
    price: Number | None = None
    currency: str | None = None
    list_price: Number | None = None
    brand: str | None = None
    author: str | None = None
    rating: Number | None = None
    review_count: int | None = None
    images: list[str] = []
    features: list[str] = []
    categories: list[str] = []
    weight_g: Number | None = None
    dimensions_mm: list[Number] | None = None
    availability: str | None = None
    availability_text: str | None = None
    parent_asin: str | None = None
    seller: str | None = None
    condition: str | None = None
    variation: dict[str, str] = {}
    description: str | None = None
    aplus_images: list[str] = []
    bestseller_ranks: list[Rank] = []
    previous_price: Number | None = Field(
        default=None, description="The price before this one, in the same currency; null when it has never changed"
    )
    price_change_percent: Number | None = Field(default=None, description="From the previous price to this one")
    price_changed_at: datetime | None = Field(default=None, description="When this price was seen first")
    analysis: Annotated[dict[str, Any], ANALYSIS] | None = Field(
        default=None, description="The resale analysis, once there is one"
    )
    favorite: bool = False
    notes: str = ""
    created_at: datetime | None = None
    collected_at: datetime | None = None
    missing: dict[str, str] = Field(
        default={},
        description="Why fields have no value: `not_on_page`, `rule_drift`, `not_from_source`, `not_for_sale`, "
        "`sold_used_only`, `not_reduced`, `no_reviews`, `no_price`, `never_changed` or `not_analyzed`",
    )


class ResultView(ProductView):
    """A product of a job, as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seq": 17, **PRODUCT_EXAMPLE}]})

    seq: int = Field(description="Place in the job, from 0")


class ResultPage(BaseModel):
    items: list[ResultView]
    next_cursor: str | None


class PricePoint(BaseModel):
    """What a product cost from a moment on, until the next point; null while it had no price."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRICE_POINT_EXAMPLE]})

    at: datetime
    price: Number | None
    currency: str | None
    availability: str | None


class PricePage(BaseModel):
    items: list[PricePoint]
    next_cursor: str | None


class ProductPage(BaseModel):
    items: list[ProductView]
    next_cursor: str | None
