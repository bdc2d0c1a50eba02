"""Profit over HTTP: what a product described by hand costs, should cost, and leaves."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.dependencies import PartsOf, ProductsReader
from services.api.errors import responses
from shared.profit import Analysis, CalculateRequest, RecommendPriceRequest, RecommendPriceResponse

router = APIRouter(prefix="/v1/profit", tags=["profit"])


@router.post("/calculate", summary="Work out a resale", responses=responses(401, 403, 413, 422))
async def calculate(request: CalculateRequest, _: ProductsReader, using: PartsOf) -> Analysis:
    """Cost, recommended price, margin, platform fee and the buyer's duty of a product described by hand.

    A target margin that no price reaches is refused as `impossible_margin`, with the largest possible one.
    """
    return using.profit.calculate(request)


@router.post("/recommend-price", summary="Recommend a selling price", responses=responses(401, 403, 413, 422))
async def recommend_price(request: RecommendPriceRequest, _: ProductsReader, using: PartsOf) -> RecommendPriceResponse:
    """The least price, in steps of 100 KRW, that reaches the target margin.

    Where no price can be recommended, the code of the problem is that of the reason in an analysis.
    """
    return using.profit.recommend(request)
