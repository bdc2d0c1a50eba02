"""What holds for every product, price and setting, checked with exact fractions."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.profit import Analysis, ProductFacts
from shared.profit.pricing import outcome, recommended_price
from tests.unit.profit.cases import TABLES, analysed

# No deadline: a busy machine is no defect.
SOME = settings(deadline=None)
MANY = settings(deadline=None, max_examples=300)

PRICES = st.decimals(min_value="0.01", max_value=10_000_000, places=2)
WEIGHTS = st.decimals(min_value="0.1", max_value=70_000, places=1)
RATES = st.decimals(min_value="5", max_value="20", places=4).map(str)
COSTS = st.decimals(min_value="0.01", max_value=1_000_000_000, places=8)
MARGINS = st.decimals(min_value=5, max_value=50, places=2)
FEES = st.decimals(min_value=0, max_value=40, places=2)


def settings_values() -> st.SearchStrategy[dict[str, Any]]:
    money = st.decimals(min_value=0, max_value=100_000, places=2)
    return st.fixed_dictionaries(
        {
            "target_margin": MARGINS,
            "japan_shipping_jpy": money,
            "korea_shipping_krw": money,
            "packaging_krw": money,
            "shipping_tier": st.sampled_from(["economy", "premium"]),
            "category": st.sampled_from(list(TABLES.categories.categories)),
            "rate": RATES,
        }
    )


def exact_margin(price: int, cost: Decimal, fee: Decimal) -> Fraction:
    return (price - Fraction(cost) - price * Fraction(fee) / 100) / price * 100


@SOME
@given(cost=COSTS, margin=MARGINS, fee=FEES)
def test_recommended_price_is_least_that_reaches(cost: Decimal, margin: Decimal, fee: Decimal) -> None:
    price = recommended_price(cost, margin, fee)

    assert price % 100 == 0
    assert exact_margin(price, cost, fee) >= Fraction(margin)
    assert price == 100 or exact_margin(price - 100, cost, fee) < Fraction(margin)


@SOME
@given(margin=MARGINS, fee=FEES, hundreds=st.integers(1, 10_000_000))
def test_price_that_fits_exactly_is_not_raised(margin: Decimal, fee: Decimal, hundreds: int) -> None:
    cost = hundreds * (100 - margin - fee)

    assert hundreds * 100 == recommended_price(cost, margin, fee)


@SOME
@given(price=st.integers(1, 10_000_000), cost=COSTS, fee=FEES, margin=MARGINS)
def test_shown_margin_never_exceeds_the_exact_one(price: int, cost: Decimal, fee: Decimal, margin: Decimal) -> None:
    sale = outcome(price, cost, fee, margin)

    exact = exact_margin(price, cost, fee)
    assert 0 <= exact - Fraction(sale.margin_percent) < Fraction(1, 100)
    assert (exact >= Fraction(margin)) == sale.reaches_target == (sale.margin_percent >= margin)


@SOME
@given(price=PRICES, weight=WEIGHTS, others=settings_values())
def test_complete_analysis_reaches_its_own_target(price: Decimal, weight: Decimal, others: dict[str, Any]) -> None:
    found = analysed(price=price, weight_g=weight, **others)

    assert found.recommended_price_krw is not None
    cheaper = analysed(price=price, weight_g=weight, sell=max(1, found.recommended_price_krw - 100), **others)
    assert (found.is_profitable, cheaper.is_profitable) == (True, False)


@SOME
@given(low=PRICES, high=PRICES, weight=WEIGHTS, others=settings_values())
def test_dearer_goods_never_cost_less(low: Decimal, high: Decimal, weight: Decimal, others: dict[str, Any]) -> None:
    low, high = sorted((low, high))
    cheap, dear = (analysed(price=price, weight_g=weight, **others) for price in (low, high))

    assert (cheap.cost_krw or 0) <= (dear.cost_krw or 0)
    assert (cheap.recommended_price_krw or 0) <= (dear.recommended_price_krw or 0)


@SOME
@given(light=WEIGHTS, heavy=WEIGHTS, others=settings_values())
def test_heavier_goods_never_cost_less(light: Decimal, heavy: Decimal, others: dict[str, Any]) -> None:
    light, heavy = sorted((light, heavy))
    small, large = (analysed(weight_g=weight, **others) for weight in (light, heavy))

    assert (small.cost_krw or 0) <= (large.cost_krw or 0)
    assert (small.recommended_price_krw or 0) <= (large.recommended_price_krw or 0)


@SOME
@given(price=PRICES, weight=st.none() | WEIGHTS, others=settings_values(), sell=st.none() | st.integers(1, 10**9))
def test_analysis_survives_storage_as_json(
    price: Decimal, weight: Decimal | None, others: dict[str, Any], sell: int | None
) -> None:
    found = analysed(price=price, weight_g=weight, sell=sell, **others)

    assert found == Analysis.from_document(json.loads(json.dumps(found.as_document())))


@MANY
@given(
    facts=st.builds(
        ProductFacts,
        price=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        currency=st.sampled_from(["JPY", "USD", ""]),
        weight_g=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        breadcrumbs=st.lists(st.text(max_size=20), max_size=5).map(tuple),
        title=st.none() | st.text(max_size=40),
    )
)
def test_any_product_gets_an_analysis(facts: ProductFacts) -> None:
    found = analysed(**facts.model_dump())

    assert (found.status == "complete") == (found.recommended_price_krw is not None)
    assert found.reasons or found.is_profitable
