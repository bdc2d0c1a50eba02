"""Why an analysis says what it says: a stable code for machines with a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field


class ReasonCode(StrEnum):
    # An analysis with one of these is incomplete.
    PRICE_MISSING = "price_missing"
    PRICE_IMPLAUSIBLE = "price_implausible"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    RATE_MISSING = "rate_missing"
    OVER_WEIGHT_LIMIT = "over_weight_limit"
    IMPOSSIBLE_MARGIN = "impossible_margin"
    # These qualify a complete one.
    WEIGHT_ASSUMED = "weight_assumed"
    CATEGORY_ASSUMED = "category_assumed"
    RATE_STALE = "rate_stale"
    MARGIN_BELOW_TARGET = "margin_below_target"


_SENTENCES: Mapping[ReasonCode, str] = MappingProxyType(
    {
        ReasonCode.PRICE_MISSING: "The product has no price, so neither cost nor margin can be worked out.",
        ReasonCode.PRICE_IMPLAUSIBLE: "A price of {price} {currency} is beyond the {limit} taken for real.",
        ReasonCode.CURRENCY_NOT_SUPPORTED: "The price is in {currency}, for which there is no exchange rate to KRW.",
        ReasonCode.RATE_MISSING: "Shipping is paid in JPY, for which there is no exchange rate to KRW.",
        ReasonCode.OVER_WEIGHT_LIMIT: "{weight} g is over the {limit} g that the forwarder carries.",
        ReasonCode.IMPOSSIBLE_MARGIN: "{sentence}",
        ReasonCode.WEIGHT_ASSUMED: "The weight is unknown; {weight} g were assumed.",
        ReasonCode.CATEGORY_ASSUMED: "The category is unknown; {category} was assumed.",
        ReasonCode.RATE_STALE: "The exchange rate {base}/KRW from {source} is out of date.",
        ReasonCode.MARGIN_BELOW_TARGET: "At {price} KRW the margin of {margin} % is below the target of {target} %.",
    }
)


class Reason(BaseModel):
    """One remark on an analysis."""

    model_config = ConfigDict(frozen=True)

    code: ReasonCode = Field(description="Stable code, for programs")
    message: str = Field(description="The same in a sentence, for people")


def reason(code: ReasonCode, **values: object) -> Reason:
    """The remark `code` with its sentence filled in."""
    return Reason(code=code, message=_SENTENCES[code].format(**values))
