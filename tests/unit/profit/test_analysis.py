"""What an analysis says when something is missing, assumed or impossible, and how requests are answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.profit import (
    AnalysisSettings,
    CalculateRequest,
    ImpossibleMarginError,
    NoRecommendationError,
    ProductFacts,
    Rate,
    RecommendPriceRequest,
    UnknownCategoryError,
    analyze,
    calculate,
    recommend_price,
)
from shared.profit.models import Analysis
from shared.profit.tables import BUNDLED, FILES, parse_tables
from tests.unit.profit.cases import TABLES, analysed, yen

RATES = {"JPY": yen()}
DOLLAR = Rate(base="USD", value=Decimal(1400), as_of=date(2026, 11, 20), source="frankfurter")


def codes(found: Analysis) -> list[str]:
    return [str(reason.code) for reason in found.reasons]


def test_missing_price_is_said_and_the_rest_kept() -> None:
    found = analysed(price=None)

    assert (found.status, found.is_profitable, codes(found)) == ("incomplete", None, ["price_missing"])
    assert (found.cost_krw, found.recommended_price_krw, found.duty) == (None, None, None)
    assert found.international_shipping_jpy == 900
    assert found.platform_fee_percent == Decimal("7.8")


@pytest.mark.parametrize("price", [0, -5])
def test_price_of_nothing_counts_as_missing(price: int) -> None:
    assert codes(analysed(price=price)) == ["price_missing"]


def test_absurd_price_is_refused_with_its_reason() -> None:
    found = analysed(price=10**10 + 1)

    assert (codes(found), found.cost_krw) == (["price_implausible"], None)
    assert "10000000001 JPY" in found.reasons[0].message


@pytest.mark.parametrize("weight", [None, 0])
def test_unknown_weight_is_assumed_and_marked(weight: int | None) -> None:
    found = analysed(weight_g=weight)

    assert (found.weight_g, found.weight_assumed, found.status) == (Decimal(500), True, "complete")
    assert codes(found) == ["weight_assumed"]
    assert "500 g" in found.reasons[0].message


def test_over_seventy_kilograms_is_said() -> None:
    found = analysed(weight_g=70001)

    assert (found.status, codes(found)) == ("incomplete", ["over_weight_limit"])
    assert found.reasons[0].message == "70001 g is over the 70000 g that the forwarder carries."
    assert (found.chargeable_weight_g, found.international_shipping_jpy, found.cost_krw) == (None, None, None)


def test_every_obstacle_is_named() -> None:
    assert codes(analysed(price=None, weight_g=99999, currency="USD")) == [
        "price_missing",
        "over_weight_limit",
        "currency_not_supported",
    ]


def test_currency_without_a_rate_is_not_supported() -> None:
    found = analysed(price=20, currency="USD")

    assert (found.status, codes(found), found.rate) == ("incomplete", ["currency_not_supported"], None)
    assert "USD" in found.reasons[0].message


def test_currency_with_its_rate_is_analysed() -> None:
    facts = ProductFacts(price=Decimal(20), currency="USD", weight_g=Decimal(500), category="books")
    settings = AnalysisSettings(japan_shipping_jpy=Decimal(100))

    found = analyze(facts, settings, TABLES, {**RATES, "USD": DOLLAR})

    # 20 × 1400 + (100 + 900) × 9.3
    assert (found.price_krw, found.international_shipping_krw, found.cost_krw) == (28000, 8370, 37300)
    assert (found.rate, found.shipping_rate) == (DOLLAR, RATES["JPY"])


def test_foreign_price_still_needs_the_yen_for_shipping() -> None:
    facts = ProductFacts(price=Decimal(20), currency="USD", weight_g=Decimal(500), category="books")

    assert codes(analyze(facts, AnalysisSettings(), TABLES, {"USD": DOLLAR})) == ["rate_missing"]


def test_stale_rate_is_marked_once() -> None:
    facts = ProductFacts(price=Decimal(1000), weight_g=Decimal(500), category="books")

    found = analyze(facts, AnalysisSettings(), TABLES, {"JPY": yen(source="bundled", stale=True)})

    assert (found.status, codes(found)) == ("complete", ["rate_stale"])
    assert found.rate is not None
    assert (found.rate.source, found.rate.as_of, found.rate.stale) == ("bundled", date(2026, 11, 20), True)


def test_default_category_is_marked_as_assumed() -> None:
    found = analysed(category=None)

    assert (found.category, found.category_source, found.category_assumed) == ("daily_necessities", "default", True)
    assert codes(found) == ["category_assumed"]


def test_category_comes_from_the_breadcrumbs() -> None:
    found = analysed(category=None, breadcrumbs=("ホビー", "フィギュア"))

    assert (found.category, found.category_source, found.category_keyword) == ("figures", "breadcrumbs", "フィギュア")
    assert codes(found) == []


def test_price_below_target_is_explained() -> None:
    found = analysed(sell=20000)

    # 20000 − 17670 − 1560 = 770; 3.85 %
    assert (found.is_profitable, found.profit_krw, found.margin_percent) == (False, 770, Decimal("3.85"))
    assert found.reasons[-1].message == "At 20000 KRW the margin of 3.85 % is below the target of 10.0 %."


def test_impossible_target_of_a_job_keeps_the_product() -> None:
    texts = {name: (BUNDLED / name).read_text(encoding="utf-8") for name in FILES}
    dear = parse_tables({**texts, "fees.toml": texts["fees.toml"].replace("books = 10.8", "books = 60")})
    facts = ProductFacts(price=Decimal(1000), weight_g=Decimal(500), category="books")

    found = analyze(facts, AnalysisSettings(target_margin=Decimal(40)), dear, RATES, 100_000)

    assert (found.status, codes(found)) == ("incomplete", ["impossible_margin", "margin_below_target"])
    assert "largest possible margin is 39.99 %" in found.reasons[0].message
    # The given price is still judged: 100000 − 17670 − 60000.
    assert (found.recommended_price_krw, found.profit_krw, found.is_profitable) == (None, 22330, False)


@pytest.mark.parametrize("margin", ["4.999", "50.001", "nan"])
def test_job_settings_bound_the_target(margin: str) -> None:
    with pytest.raises(ValidationError, match="target_margin"):
        AnalysisSettings.model_validate({"target_margin": margin})


def test_target_is_rounded_up_to_two_places() -> None:
    assert AnalysisSettings.model_validate({"target_margin": 10.001}).target_margin == Decimal("10.01")


def test_job_settings_have_the_promised_defaults() -> None:
    expected = {
        "target_margin": 10.0,
        "japan_shipping_jpy": 0.0,
        "korea_shipping_krw": 0.0,
        "packaging_krw": 0.0,
        "shipping_tier": "economy",
    }
    assert expected == AnalysisSettings().model_dump(mode="json")


def test_calculation_answers_like_the_analysis() -> None:
    request = CalculateRequest(price=Decimal(1000), weight_g=Decimal(500), selling_price_krw=20000)

    assert calculate(request, TABLES, RATES) == analysed(category=None, sell=20000)


def test_request_may_bring_its_own_rate() -> None:
    request = CalculateRequest(price=Decimal(1100), category="automotive", weight_g=Decimal(500), rate=Decimal(8))

    found = calculate(request, TABLES, RATES)

    assert found.recommended_price_krw == 20000
    assert found.rate is not None
    assert (found.rate.source, found.rate.as_of) == ("request", None)


@pytest.mark.parametrize(("target", "possible"), [("92.19", True), ("92.2", False), ("95", False)])
def test_largest_margin_is_possible_and_no_more(target: str, possible: bool) -> None:
    request = RecommendPriceRequest(price=Decimal(1000), weight_g=Decimal(500), target_margin=Decimal(target))

    if possible:
        # 17670 / 0.0001
        assert recommend_price(request, TABLES, RATES).recommended_price_krw == 176_700_000
        return
    with pytest.raises(ImpossibleMarginError, match=r"largest possible margin is 92\.19 %") as caught:
        recommend_price(request, TABLES, RATES)
    assert (caught.value.code, caught.value.largest_margin) == ("impossible_margin", Decimal("92.19"))


def test_impossible_margin_fails_a_calculation_too() -> None:
    request = CalculateRequest(price=Decimal(1000), target_margin=Decimal(99), selling_price_krw=20000)

    with pytest.raises(ImpossibleMarginError):
        calculate(request, TABLES, RATES)


def test_recommendation_carries_what_it_stands_on() -> None:
    found = recommend_price(RecommendPriceRequest(price=Decimal(1000)), TABLES, RATES)

    assert found.model_dump(mode="json", exclude={"rate", "reasons"}) == {
        "recommended_price_krw": 21500,
        "target_margin": 10.0,
        "margin_percent": 10.01,
        "profit_krw": 2153,
        "cost_krw": 17670,
        "platform_fee_krw": 1677,
        "platform_fee_percent": 7.8,
        "largest_margin": 92.19,
        "category": "daily_necessities",
    }
    assert [str(reason.code) for reason in found.reasons] == ["weight_assumed", "category_assumed"]
    assert found.rate == RATES["JPY"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"weight_g": 80000}, "over_weight_limit"), ({"currency": "USD"}, "currency_not_supported")],
)
def test_no_recommendation_names_what_is_in_the_way(changes: dict[str, Any], code: str) -> None:
    request = RecommendPriceRequest.model_validate({"price": 1000, **changes})

    with pytest.raises(NoRecommendationError) as caught:
        recommend_price(request, TABLES, RATES)
    assert caught.value.code == code


def test_unknown_category_is_refused_with_the_known() -> None:
    request = RecommendPriceRequest(price=Decimal(1000), category="cars")

    with pytest.raises(UnknownCategoryError, match="'cars' is no category; known are electronics"):
        recommend_price(request, TABLES, RATES)


@pytest.mark.parametrize(
    "wrong",
    [{"price": 0}, {"price": "NaN"}, {"weight_g": -1}, {"currency": "yen"}, {"wieght_g": 500}, {"target_margin": -1}],
)
def test_malformed_request_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CalculateRequest.model_validate({"price": 1000, **wrong})


def test_published_example_is_a_valid_request() -> None:
    example = CalculateRequest.model_json_schema()["examples"][0]

    assert recommend_price(RecommendPriceRequest.model_validate(example), TABLES, RATES).recommended_price_krw == 61200


def test_numbers_are_documented_as_numbers() -> None:
    shape = Analysis.model_json_schema(mode="serialization")["properties"]

    assert shape["target_margin"]["type"] == "number"
    assert shape["weight_assumed"]["type"] == "boolean"
    bounds = AnalysisSettings.model_json_schema()["properties"]["target_margin"]
    assert (bounds["minimum"], bounds["maximum"], bounds["default"]) == (5, 50, 10.0)
    asked = CalculateRequest.model_json_schema()["properties"]
    assert (asked["price"]["type"], asked["price"]["minimum"], asked["price"]["maximum"]) == ("number", 0.01, 10**10)
    assert asked["rate"]["anyOf"] == [{"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}, {"type": "null"}]
