"""What goes into a profit analysis and what comes out, as the API documents it and the database stores it.

In JSON every amount and percentage is a plain number: KRW whole won, percentages in two places. An exchange rate has at
most eight decimals, so that a number read back is the very Decimal that was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.profit.categories import CategorySource
from shared.profit.reasons import Reason
from shared.profit.tables import ShippingTier


class _AsNumber:
    """Documents a Decimal as a number alone; a decimal string is understood as well."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        return next((option for option in schema.get("anyOf", ()) if option.get("type") == "number"), schema)


def _places(digits: int) -> AfterValidator:
    """Round up: a target is then never missed by what was cut off."""
    unit = Decimal(1).scaleb(-digits)
    return AfterValidator(lambda value: value.quantize(unit, rounding=ROUND_CEILING))


Number = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json"), _AsNumber()]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
RateValue = Annotated[Number, Field(gt=0, le=1_000_000), _places(8)]
Target = Annotated[Number, _places(2)]

DEFAULT_MARGIN = Decimal("10.0")


class Rate(BaseModel):
    """What one unit of `base` is worth in KRW, on which day, and who says so."""

    model_config = ConfigDict(frozen=True)

    base: Currency = Field(description="Currency that is converted")
    quote: Literal["KRW"] = "KRW"
    value: RateValue = Field(description="KRW for one unit of the base")
    as_of: date | None = Field(default=None, description="Day of the rate; null for one that came with the request")
    source: str = Field(description="frankfurter, open.er-api, bundled or request")
    fetched_at: datetime | None = Field(default=None, description="When it was fetched from its source")
    stale: bool = Field(default=False, description="True when it is too old to be relied on")


class CostSettings(BaseModel):
    """The seller's own costs, each 0 unless told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    japan_shipping_jpy: Annotated[Number, Field(ge=0, le=10_000_000)] = Field(
        default=Decimal(0),
        description="Carriage within Japan to the forwarder, in JPY",
        json_schema_extra={"default": 0},
    )
    korea_shipping_krw: Annotated[Number, Field(ge=0, le=100_000_000)] = Field(
        default=Decimal(0), description="Carriage within Korea to the buyer, in KRW", json_schema_extra={"default": 0}
    )
    packaging_krw: Annotated[Number, Field(ge=0, le=100_000_000)] = Field(
        default=Decimal(0), description="Packaging, in KRW", json_schema_extra={"default": 0}
    )
    shipping_tier: ShippingTier = Field(default="economy", description="The forwarder's service from Japan to Korea")


class AnalysisSettings(CostSettings):
    """The settings of a job that concern the analysis of its products."""

    target_margin: Target = Field(
        default=DEFAULT_MARGIN,
        ge=5,
        le=50,
        description="Margin to reach, in percent of the selling price; two places",
        json_schema_extra={"default": 10.0},
    )


class ProductFacts(BaseModel):
    """What is known of a product. Any value a page may show is accepted; the analysis says what it cannot use."""

    model_config = ConfigDict(frozen=True)

    price: Decimal | None = None
    currency: str = "JPY"
    weight_g: Decimal | None = None
    category: str | None = None
    breadcrumbs: tuple[str, ...] = ()
    title: str | None = None


class RecommendPriceRequest(CostSettings):
    """A product to be priced, described by hand."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "price": 3000,
                    "weight_g": 750,
                    "category": "toys_hobbies",
                    "target_margin": 15,
                    "japan_shipping_jpy": 500,
                    "korea_shipping_krw": 3000,
                    "packaging_krw": 500,
                }
            ]
        },
    )

    price: Number = Field(ge=0.01, le=10_000_000_000, description="Price asked by the marketplace")
    currency: Currency = Field(default="JPY", description="Currency of the price")
    weight_g: Number | None = Field(
        default=None, gt=0, le=10_000_000, description="Weight in grams; 500 g are assumed without it"
    )
    category: str | None = Field(
        default=None, description="A category of the tables; told from the words below if absent"
    )
    breadcrumbs: tuple[str, ...] = Field(
        default=(), max_length=30, description="Breadcrumbs, from department to detail"
    )
    title: str | None = Field(default=None, max_length=2000, description="Title, used where breadcrumbs say nothing")
    target_margin: Target = Field(
        default=DEFAULT_MARGIN,
        ge=0,
        le=1000,
        description="Margin to reach, in percent of the price; two places",
        json_schema_extra={"default": 10.0},
    )
    rate: RateValue | None = Field(default=None, description="KRW for one unit of the currency, instead of today's")

    def facts(self) -> ProductFacts:
        return ProductFacts.model_validate(self.model_dump(include=set(ProductFacts.model_fields)))


class CalculateRequest(RecommendPriceRequest):
    """A product and, if decided, the price it is to be sold at."""

    selling_price_krw: int | None = Field(
        default=None, gt=0, le=10_000_000_000_000, description="Selling price to judge; the recommended one if absent"
    )


class Sale(BaseModel):
    """What selling at one price leaves."""

    model_config = ConfigDict(frozen=True)

    price_krw: int
    platform_fee_krw: int
    profit_krw: int
    margin_percent: Number = Field(description="Profit in percent of the price, rounded down to two places")
    reaches_target: bool


class Duty(BaseModel):
    """What the buyer owes on import; information, no part of the cost."""

    model_config = ConfigDict(frozen=True)

    duty_percent: Number
    vat_percent: Number
    exempt_up_to_krw: int
    goods_value_krw: int = Field(description="Price and carriage within Japan; decides on the exemption")
    dutiable_value_krw: int = Field(description="Goods value and international shipping; what is taxed")
    exempt: bool
    duty_krw: int
    vat_krw: int
    total_krw: int


class Analysis(BaseModel):
    """The resale of one product, with every figure on the way to the answer. Null is what could not be worked out."""

    model_config = ConfigDict(frozen=True)

    status: Literal["complete", "incomplete"]
    is_profitable: bool | None = Field(
        description="Does the given, else the recommended price reach the target margin?"
    )
    reasons: tuple[Reason, ...] = Field(description="Why it is incomplete, what was assumed, what falls short")
    target_margin: Number
    largest_margin: Number = Field(description="The largest margin that any price reaches with this platform fee")
    margin_percent: Number | None = Field(description="Margin at the price that decided")
    profit_krw: int | None = Field(description="Profit at the price that decided")
    recommended_price_krw: int | None = Field(description="Least price, in steps of 100 KRW, that reaches the target")
    selling_price_krw: int | None = Field(description="The given price")
    at_recommended: Sale | None
    at_selling: Sale | None

    price: Number | None
    currency: str
    rate: Rate | None = Field(description="Rate the price was converted with")
    shipping_rate: Rate | None = Field(description="Rate the shipping in JPY was converted with")
    weight_g: Number
    weight_assumed: bool
    chargeable_weight_g: int | None
    shipping_tier: ShippingTier
    japan_shipping_jpy: Number
    international_shipping_jpy: Number | None
    category: str
    category_label: str
    category_source: CategorySource = Field(description="Where the category was found; `default` means assumed")
    category_keyword: str | None
    platform_fee_percent: Number

    price_krw: int | None
    japan_shipping_krw: int | None
    international_shipping_krw: int | None
    korea_shipping_krw: int
    packaging_krw: int
    cost_krw: int | None = Field(description="All of the above; rounded once, so it may differ by 1 KRW from their sum")
    duty: Duty | None

    @property
    def category_assumed(self) -> bool:
        return self.category_source == "default"

    def as_document(self) -> dict[str, Any]:
        """Plain JSON values, as stored with the product."""
        return self.model_dump(mode="json")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The analysis that `as_document` wrote."""
        return cls.model_validate(document)


class RecommendPriceResponse(BaseModel):
    """The price to ask, and what it stands on."""

    model_config = ConfigDict(frozen=True)

    recommended_price_krw: int
    target_margin: Number
    margin_percent: Number = Field(description="Margin at the recommended price, rounded down to two places")
    profit_krw: int
    cost_krw: int
    platform_fee_krw: int
    platform_fee_percent: Number
    largest_margin: Number
    category: str
    rate: Rate
    reasons: tuple[Reason, ...] = Field(description="What was assumed")
