"""What clients may ask for: request models with examples."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from shared.amazon.marketplaces import MARKETPLACES
from shared.jobs import JobType
from shared.profit.tables import ShippingTier
from shared.quality import GateField
from shared.validation import is_none

Text = Annotated[str, Field(max_length=4096)]

BULK_EXAMPLE: dict[str, Any] = {
    "type": "BULK_ASIN",
    "asins": ["B07WXL5YPW", "https://www.amazon.co.jp/dp/B0CHX1W1XY", "4866510595"],
    "settings": {"target_margin": 12.5, "japan_shipping_jpy": 500},
}
URL_EXAMPLE: dict[str, Any] = {
    "type": "URL",
    "url": "https://www.amazon.co.jp/gp/bestsellers/toys/",
    "max_results": 50,
}
KEYWORD_EXAMPLE: dict[str, Any] = {
    "type": "KEYWORD",
    "keyword": "ミニ四駆",
    "marketplace": "amazon.co.jp",
    "max_results": 100,
    "priority": "high",
}

RETRY_EXAMPLE: dict[str, Any] = {"error_codes": ["timeout", "captcha"], "include_cancelled": False}
RECOLLECT_EXAMPLE: dict[str, Any] = {"older_than_seconds": 86_400}
ANALYZE_EXAMPLE: dict[str, Any] = {"target_margin": 15, "korea_shipping_krw": 3000, "selling_price_krw": 59900}
GATE_EXAMPLE: dict[str, Any] = {"min_success_rate": 95, "min_coverage": {"price": 90, "title": 100}}
REPRICE_EXAMPLE: dict[str, Any] = {"rates": {"JPY": 9.52}, "target_margin": 15, "japan_shipping_jpy": 500}
REPRICE_PREVIEW_EXAMPLE: dict[str, Any] = {
    **REPRICE_EXAMPLE,
    "products": [{"marketplace": "amazon.co.jp", "asin": "B07WXL5YPW"}],
}


SELLING_PRICES_EXAMPLE: dict[str, Any] = {
    "prices": [{"marketplace": "amazon.co.jp", "asin": "B07WXL5YPW", "selling_price_krw": 459000}],
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class QualityGate(_Request):
    """What a job must come to: its end then says whether it `passed` or `failed`, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [GATE_EXAMPLE]})

    min_success_rate: Percent | None = Field(default=None, description="Of all items, how many percent must succeed")
    min_coverage: dict[GateField, Percent] = Field(
        default={}, description="Of the products collected, how many percent must have each of these fields"
    )

    @model_validator(mode="after")
    def some_rule(self) -> Self:
        if self.min_success_rate is None and not self.min_coverage:
            raise ValueError("needs min_success_rate or min_coverage")
        return self


class JobSettings(_Request):
    """How the products of a job are collected and analysed."""

    auto_analyze: bool = Field(
        default=True,
        description="Work out the resale margin of every product; without, an earlier analysis stays while the page "
        "says the same of price, weight, categories and title",
    )
    target_margin: float = Field(
        default=10.0, ge=5, le=50, allow_inf_nan=False, description="Margin to reach, in percent"
    )
    japan_shipping_jpy: int = Field(default=0, ge=0, le=10_000_000, description="Shipping within Japan per product")
    korea_shipping_krw: int = Field(default=0, ge=0, le=100_000_000, description="Shipping within Korea per product")
    packaging_krw: int = Field(default=0, ge=0, le=100_000_000, description="Packaging per product")
    shipping_tier: ShippingTier = Field(default="economy", description="The forwarder's service from Japan to Korea")
    max_age_seconds: int | None = Field(
        default=None, ge=0, le=31_536_000, description="Use an observation again that is no older; 0 always fetches"
    )
    time_limit_seconds: int | None = Field(
        default=None, ge=1, description="End the job as FAILED after so long at work; waiting and pauses do not count"
    )
    quality_gate: QualityGate | None = Field(default=None, exclude_if=is_none)


def printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


MAX_TAGS = 20
MAX_METADATA = 50
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s,]+$"), AfterValidator(printable)]
MetadataName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
MetadataValue = Annotated[str, Field(max_length=500)]
Priority = Literal["high", "normal", "low"]


class OptionsRequest(_Request):
    """What a job of any type may be asked to be."""

    settings: JobSettings = JobSettings()
    priority: Priority = "normal"
    tags: list[Tag] = Field(
        default=[], max_length=MAX_TAGS, description="To find the job by; up to 64 characters each, no spaces or commas"
    )
    metadata: dict[MetadataName, MetadataValue] = Field(
        default={}, max_length=MAX_METADATA, description="Yours to keep with the job: names up to 64, values up to 500"
    )


class BulkOptionsRequest(OptionsRequest):
    """What a list of products may be asked to be."""

    marketplace: str | None = Field(default=None, description="Where ASINs are looked up; addresses bring their own")
    strict: bool = Field(default=False, description="Refuse the whole request when one line names no product")


class BulkAsinRequest(BulkOptionsRequest):
    """Collect these products."""

    model_config = ConfigDict(json_schema_extra={"examples": [BULK_EXAMPLE]})

    type: Literal["BULK_ASIN"]
    asins: list[Text] = Field(
        min_length=1, description="ASINs, ISBN-10s or product addresses; spelling and repetition do not matter"
    )


class UrlRequest(OptionsRequest):
    """Collect the products that a page lists, or the one that it shows."""

    model_config = ConfigDict(json_schema_extra={"examples": [URL_EXAMPLE]})

    type: Literal["URL"]
    url: Text = Field(min_length=1, description="Address of a product, search, category or bestseller page")
    max_results: int | None = Field(default=None, ge=1, description="Most products to take")


class KeywordRequest(OptionsRequest):
    """Collect what a search finds."""

    model_config = ConfigDict(json_schema_extra={"examples": [KEYWORD_EXAMPLE]})

    type: Literal["KEYWORD"]
    keyword: Text = Field(description="1 to 200 characters")
    marketplace: str | None = Field(default=None, description="Where to search")
    max_results: int | None = Field(default=None, ge=1, description="Most products to take")


JobRequest = Annotated[BulkAsinRequest | UrlRequest | KeywordRequest, Field(discriminator="type")]
JOB_REQUEST: TypeAdapter[BulkAsinRequest | UrlRequest | KeywordRequest] = TypeAdapter(JobRequest)
TYPES = tuple(str(job_type) for job_type in JobType)
# What pydantic calls a request whose `type` is missing or none of those.
NO_SUCH_TYPE = frozenset({"union_tag_invalid", "union_tag_not_found"})


class RetryRequest(_Request):
    """What of a job is tried again."""

    model_config = ConfigDict(json_schema_extra={"examples": [RETRY_EXAMPLE]})

    error_codes: list[Annotated[str, Field(min_length=1, max_length=100)]] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Only failed items with one of these codes; without, all failed items",
    )
    include_cancelled: bool = Field(default=False, description="Also items that an earlier end left without outcome")


class RecollectRequest(_Request):
    """Which products of a job are collected anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECOLLECT_EXAMPLE]})

    older_than_seconds: int = Field(
        ge=0, le=315_360_000, description="Items that succeeded and whose product was last seen longer ago than this"
    )


class JobPatch(_Request):
    """What can be changed of a job that has not ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": "high"}]})

    priority: Literal["high", "normal", "low"]


class ProductChanges(_Request):
    """What is yours of a product; what is not given stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"favorite": True, "notes": "for the autumn sale"}]})

    favorite: bool | None = None
    notes: str | None = Field(default=None, max_length=10_000)


class CostRequest(_Request):
    """What a resale is worked out with; what is not given stays as it was, null takes the default."""

    target_margin: float | None = Field(
        default=None, ge=5, le=50, allow_inf_nan=False, description="Margin to reach, in percent"
    )
    japan_shipping_jpy: int | None = Field(default=None, ge=0, le=10_000_000)
    korea_shipping_krw: int | None = Field(default=None, ge=0, le=100_000_000)
    packaging_krw: int | None = Field(default=None, ge=0, le=100_000_000)
    shipping_tier: ShippingTier | None = None


class AnalyzeRequest(CostRequest):
    """How a stored product is to be analysed; what is not given stays as it was in its last analysis."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANALYZE_EXAMPLE]})

    category: str | None = Field(default=None, max_length=100, description="Instead of the one told from the page")
    selling_price_krw: int | None = Field(
        default=None, ge=1, le=10_000_000_000_000, description="Selling price to judge, instead of the recommended one"
    )


CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
RateGiven = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
MAX_REPRICED = 1_000


class RepriceRequest(CostRequest):
    """What stored products are worked out anew with. What is not given stays as it was in each one's last analysis, or
    as its job has it where there is none; category and selling price always stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPRICE_EXAMPLE]})

    rates: dict[CurrencyCode, RateGiven] = Field(
        default={},
        max_length=30,
        description="KRW for one unit of a currency, in eight decimals at most; others are those of now",
    )


def _of_amazon(name: str) -> str:
    if (known := name.lower()) not in MARKETPLACES:
        raise ValueError(f"must be one of {', '.join(MARKETPLACES)}")
    return known


class ProductName(_Request):
    marketplace: Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_of_amazon)]
    asin: str = Field(min_length=1, max_length=20)


class SellingPrice(ProductName):
    selling_price_krw: int | None = Field(ge=1, le=10_000_000_000_000, description="Null takes it away")


class SellingPrices(_Request):
    """Selling prices of your own, of up to 1,000 of your products."""

    model_config = ConfigDict(json_schema_extra={"examples": [SELLING_PRICES_EXAMPLE]})

    prices: list[SellingPrice] = Field(min_length=1, max_length=MAX_REPRICED)


class RepricePreviewRequest(RepriceRequest):
    """Some of your products, and what to work them out anew with."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPRICE_PREVIEW_EXAMPLE]})

    products: list[ProductName] = Field(min_length=1, max_length=MAX_REPRICED)
