"""From a product to the reseller's decision.

    cost_KRW    = (price_JPY + japan_shipping_JPY + international_JPY) × rate + korea_shipping_KRW + packaging_KRW
    recommended = cost_KRW / (1 − margin − fee), rounded up to 100 KRW
    margin(p)   = (p − cost_KRW − p × fee) / p

A price in another currency is converted with that currency's own rate, shipping always with the yen's. Rounding is
stated in `shared.profit.pricing`; the tables and definitions in docs/profit.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.profit import pricing
from shared.profit.categories import CategoryMatch, classify
from shared.profit.costs import Costs, costs_krw
from shared.profit.duty import buyer_duty
from shared.profit.errors import ImpossibleMarginError, NoRecommendationError
from shared.profit.models import (
    Analysis,
    AnalysisSettings,
    CalculateRequest,
    CostSettings,
    ProductFacts,
    Rate,
    RecommendPriceRequest,
    RecommendPriceResponse,
    Sale,
)
from shared.profit.reasons import Reason, ReasonCode, reason
from shared.profit.shipping import chargeable_weight_g, international_jpy
from shared.profit.tables import Tables

ASSUMED_WEIGHT_G = Decimal(500)
# A price beyond this is a misread page; its figures would not fit a database's integers either.
LARGEST_PRICE = Decimal(10**10)

Rates = Mapping[str, Rate]


def analyze(
    facts: ProductFacts,
    settings: AnalysisSettings,
    tables: Tables,
    rates: Rates,
    selling_price_krw: int | None = None,
) -> Analysis:
    """The analysis of a collected product; what is missing or impossible becomes a reason, never an exception.

    `rates` maps a source currency to its rate in KRW. Only a `facts.category` that is in no table raises
    (UnknownCategoryError).
    """
    return _analysis(_basis(facts, settings, settings.target_margin, tables, rates), selling_price_krw)


def calculate(request: CalculateRequest, tables: Tables, rates: Rates) -> Analysis:
    """Answer `POST /v1/profit/calculate`; raises ImpossibleMarginError and UnknownCategoryError."""
    basis = _requested(request, tables, rates)
    return _analysis(basis, request.selling_price_krw)


def recommend_price(request: RecommendPriceRequest, tables: Tables, rates: Rates) -> RecommendPriceResponse:
    """Answer `POST /v1/profit/recommend-price`.

    Raises ImpossibleMarginError, UnknownCategoryError, and NoRecommendationError with the code of what is in the way.
    """
    analysis = _analysis(_requested(request, tables, rates))
    sale, rate, cost = analysis.at_recommended, analysis.rate, analysis.cost_krw
    if sale is None or rate is None or cost is None:
        obstacle = analysis.reasons[0]
        raise NoRecommendationError(obstacle.message, code=obstacle.code)
    return RecommendPriceResponse(
        recommended_price_krw=sale.price_krw,
        target_margin=analysis.target_margin,
        margin_percent=sale.margin_percent,
        profit_krw=sale.profit_krw,
        cost_krw=cost,
        platform_fee_krw=sale.platform_fee_krw,
        platform_fee_percent=analysis.platform_fee_percent,
        largest_margin=analysis.largest_margin,
        category=analysis.category,
        rate=rate,
        reasons=analysis.reasons,
    )


@dataclass(frozen=True, slots=True)
class _Basis:
    """What is known before any price is worked out."""

    facts: ProductFacts
    settings: CostSettings
    target_margin: Decimal
    tables: Tables
    rate: Rate | None
    yen: Rate | None
    match: CategoryMatch
    weight_g: Decimal
    weight_assumed: bool
    chargeable_g: int | None
    international_jpy: Decimal | None

    @property
    def fee_percent(self) -> Decimal:
        return self.tables.fee_percent(self.match.category)

    @property
    def largest_margin(self) -> Decimal:
        return pricing.largest_margin(self.fee_percent)

    def sale(self, price_krw: int, costs: Costs) -> pricing.Outcome:
        return pricing.outcome(price_krw, costs.total, self.fee_percent, self.target_margin)


def _basis(facts: ProductFacts, settings: CostSettings, target: Decimal, tables: Tables, rates: Rates) -> _Basis:
    known = facts.weight_g is not None and facts.weight_g > 0
    weight = facts.weight_g if facts.weight_g is not None and known else ASSUMED_WEIGHT_G
    chargeable = chargeable_weight_g(weight, tables.shipping)
    return _Basis(
        facts=facts,
        settings=settings,
        target_margin=target,
        tables=tables,
        rate=rates.get(facts.currency),
        yen=rates.get("JPY"),
        match=_category(facts, tables),
        weight_g=weight,
        weight_assumed=not known,
        chargeable_g=chargeable,
        international_jpy=None
        if chargeable is None
        else international_jpy(chargeable, settings.shipping_tier, tables.shipping),
    )


def _category(facts: ProductFacts, tables: Tables) -> CategoryMatch:
    if facts.category is not None:
        tables.category(facts.category)
        return CategoryMatch(facts.category, "given")
    return classify(facts.breadcrumbs, facts.title, tables.categories)


def _requested(request: RecommendPriceRequest, tables: Tables, rates: Rates) -> _Basis:
    """The basis of a request, whose impossible margin is its sender's to mend."""
    if request.rate is not None:
        own = Rate(base=request.currency, value=request.rate, source="request")
        rates = {**rates, request.currency: own}
    basis = _basis(request.facts(), request, request.target_margin, tables, rates)
    if request.target_margin > basis.largest_margin:
        raise ImpossibleMarginError(request.target_margin, basis.fee_percent, basis.largest_margin)
    return basis


def _analysis(basis: _Basis, selling_price_krw: int | None = None) -> Analysis:
    obstacles, costs = _obstacles(basis), _costs(basis)
    recommended = selling = None
    if costs is not None:
        recommended = None if obstacles else basis.sale(_recommended(basis, costs), costs)
        selling = None if selling_price_krw is None else basis.sale(selling_price_krw, costs)
    decisive = selling or recommended
    return Analysis(
        status="incomplete" if obstacles else "complete",
        is_profitable=decisive.reaches_target if decisive else None,
        reasons=(*obstacles, *_notes(basis, selling)),
        target_margin=basis.target_margin,
        largest_margin=basis.largest_margin,
        margin_percent=decisive.margin_percent if decisive else None,
        profit_krw=pricing.won(decisive.profit_krw) if decisive else None,
        recommended_price_krw=recommended.price_krw if recommended else None,
        selling_price_krw=selling_price_krw,
        at_recommended=_shown_sale(recommended),
        at_selling=_shown_sale(selling),
        **_shown_basis(basis),
        **_shown_costs(basis, costs),
    )


def _obstacles(basis: _Basis) -> list[Reason]:
    """Everything that keeps a price from being recommended, what concerns the product first."""
    facts, found = basis.facts, []
    if facts.price is None or facts.price <= 0:
        found.append(reason(ReasonCode.PRICE_MISSING))
    elif facts.price > LARGEST_PRICE:
        found.append(
            reason(ReasonCode.PRICE_IMPLAUSIBLE, price=facts.price, currency=facts.currency, limit=LARGEST_PRICE)
        )
    if basis.chargeable_g is None:
        limit = basis.tables.shipping.max_weight_g
        found.append(reason(ReasonCode.OVER_WEIGHT_LIMIT, weight=f"{basis.weight_g:f}", limit=limit))
    if basis.rate is None:
        found.append(reason(ReasonCode.CURRENCY_NOT_SUPPORTED, currency=facts.currency))
    elif basis.yen is None:
        found.append(reason(ReasonCode.RATE_MISSING))
    if basis.target_margin > basis.largest_margin:
        impossible = ImpossibleMarginError(basis.target_margin, basis.fee_percent, basis.largest_margin)
        found.append(reason(ReasonCode.IMPOSSIBLE_MARGIN, sentence=impossible.message))
    return found


def _costs(basis: _Basis) -> Costs | None:
    price, rate, yen = basis.facts.price, basis.rate, basis.yen
    if (
        price is None
        or not 0 < price <= LARGEST_PRICE
        or rate is None
        or yen is None
        or basis.international_jpy is None
    ):
        return None
    return costs_krw(price, rate, basis.international_jpy, yen, basis.settings)


def _recommended(basis: _Basis, costs: Costs) -> int:
    return pricing.recommended_price(costs.total, basis.target_margin, basis.fee_percent)


def _notes(basis: _Basis, selling: pricing.Outcome | None) -> list[Reason]:
    """What was assumed, and where the given price falls short."""
    notes = []
    if basis.weight_assumed:
        notes.append(reason(ReasonCode.WEIGHT_ASSUMED, weight=ASSUMED_WEIGHT_G))
    if basis.match.source == "default":
        label = basis.tables.category(basis.match.category).label
        notes.append(reason(ReasonCode.CATEGORY_ASSUMED, category=label))
    used = {rate.base: rate for rate in (basis.rate, basis.yen) if rate is not None}
    notes.extend(
        reason(ReasonCode.RATE_STALE, base=rate.base, source=rate.source) for rate in used.values() if rate.stale
    )
    if selling and not selling.reaches_target:
        notes.append(
            reason(
                ReasonCode.MARGIN_BELOW_TARGET,
                price=selling.price_krw,
                margin=selling.margin_percent,
                target=basis.target_margin,
            )
        )
    return notes


def _shown_sale(sale: pricing.Outcome | None) -> Sale | None:
    if sale is None:
        return None
    return Sale(
        price_krw=sale.price_krw,
        platform_fee_krw=pricing.won(sale.platform_fee_krw),
        profit_krw=pricing.won(sale.profit_krw),
        margin_percent=sale.margin_percent,
        reaches_target=sale.reaches_target,
    )


def _shown_basis(basis: _Basis) -> dict[str, Any]:
    return {
        "price": basis.facts.price,
        "currency": basis.facts.currency,
        "rate": basis.rate,
        "shipping_rate": basis.yen,
        "weight_g": basis.weight_g,
        "weight_assumed": basis.weight_assumed,
        "chargeable_weight_g": basis.chargeable_g,
        "shipping_tier": basis.settings.shipping_tier,
        "japan_shipping_jpy": basis.settings.japan_shipping_jpy,
        "international_shipping_jpy": basis.international_jpy,
        "category": basis.match.category,
        "category_label": basis.tables.category(basis.match.category).label,
        "category_source": basis.match.source,
        "category_keyword": basis.match.keyword,
        "platform_fee_percent": basis.fee_percent,
    }


def _shown_costs(basis: _Basis, costs: Costs | None) -> dict[str, Any]:
    return {
        "price_krw": pricing.won(costs.price) if costs else None,
        "japan_shipping_krw": pricing.won(costs.japan_shipping) if costs else None,
        "international_shipping_krw": pricing.won(costs.international) if costs else None,
        "korea_shipping_krw": pricing.won(basis.settings.korea_shipping_krw),
        "packaging_krw": pricing.won(basis.settings.packaging_krw),
        "cost_krw": pricing.won(costs.total) if costs else None,
        "duty": buyer_duty(costs, basis.match.category, basis.tables) if costs else None,
    }
