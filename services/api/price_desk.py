"""Gives many products their users' selling prices at once, and judges them by those."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from services.api.problems import Problem
from services.api.profit import ProfitDesk
from services.api.repricing import FIELDS, Document, NewAnalysis, figures
from services.api.requests import AnalyzeRequest, SellingPrices
from services.api.responses import PricedProduct, PricedProducts
from services.api.stores import ProductStore
from shared.ids import user_product_key
from shared.profit import Rate, own_words

# Each round that is lost means that products were collected in that very moment.
TRIES = 5


class PriceDesk:
    def __init__(self, products: ProductStore, profit: ProfitDesk) -> None:
        self._products = products
        self._profit = profit

    async def give(self, user_id: str, asked: SellingPrices) -> PricedProducts:
        """Keep each price with its product, of one named twice the last; what is not the user's is left out.

        Asked again it does the same. Raises Problem (409) for products that are collected again and again.
        """
        wanted = {user_product_key(user_id, each.marketplace, each.asin.upper()): each for each in asked.prices}
        prices = {product_id: each.selling_price_krw for product_id, each in wanted.items()}
        for _ in range(TRIES):
            found = await self._products.find_by_ids(user_id, list(prices), FIELDS)
            products = [found[product_id] for product_id in prices if product_id in found]
            rest = [product for product in products if not _has(product, prices[product["_id"]])]
            if not rest:
                return PricedProducts(items=[_priced(product) for product in products])
            # Asked for here, as a refresh that is due begins on the loop.
            rates = self._profit.rates({})
            judged = await asyncio.to_thread(self._judged, rest, prices, rates)
            await self._products.set_analyses(user_id, judged)
        raise Problem(409, "product_busy", "Products are being collected right now; try again.", retryable=True)

    def _judged(
        self, products: list[Document], prices: Mapping[str, int | None], rates: Mapping[str, Rate]
    ) -> list[NewAnalysis]:
        new = []
        for product in products:
            asked = AnalyzeRequest(selling_price_krw=prices[product["_id"]])
            analysis = self._profit.reprice(product, asked, rates)
            new.append(NewAnalysis(product["_id"], product.get("collected_at"), analysis, own_words(analysis)))
        return new


def _has(product: Document, price: int | None) -> bool:
    """Whether the price is kept, and judged by."""
    analysis, said = product.get("analysis"), product.get("resale") or {}
    return analysis is not None and analysis.get("selling_price_krw") == said.get("selling_price_krw") == price


def _priced(product: Document) -> PricedProduct:
    shown = figures(product["analysis"])
    assert shown is not None  # noqa: S101  there is an analysis
    return PricedProduct(marketplace=product["marketplace"], asin=product["asin"], figures=shown)
