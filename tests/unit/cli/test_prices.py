"""Price histories, changes of price and questions about profit on the command line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import FakeApi, problem
from tests.unit.cli.test_lists import PRODUCT, page, query

PLACE = "/v1/products/amazon.co.jp/B07WXL5YPW"
POINTS: list[dict[str, Any]] = [
    {"at": "2026-11-23T10:00:00Z", "price": None, "currency": None, "availability": "unavailable"},
    {"at": "2026-11-21T19:30:00+09:00", "price": 32978, "currency": "JPY", "availability": "in_stock"},
]
CHANGED = {
    **PRODUCT,
    "title": "Switch",
    "previous_price": 35978,
    "price_change_percent": -8.34,
    "price_changed_at": "2026-11-21T10:30:00Z",
}
RATE = {"base": "JPY", "value": 9.3, "as_of": "2026-11-20", "source": "frankfurter", "stale": False}
ANALYSIS: dict[str, Any] = {
    "is_profitable": True,
    "reasons": [{"code": "weight_assumed", "message": "The weight is unknown; 500 g were assumed."}],
    "target_margin": 15,
    "margin_percent": 15.09,
    "profit_krw": 9240,
    "recommended_price_krw": 61200,
    "selling_price_krw": None,
    "at_recommended": {"platform_fee_krw": 6610},
    "at_selling": None,
    "rate": RATE,
    "category_label": "Toys and hobbies",
    "platform_fee_percent": 10.8,
    "price_krw": 27900,
    "japan_shipping_krw": 4650,
    "international_shipping_krw": 9300,
    "korea_shipping_krw": 3000,
    "packaging_krw": 500,
    "cost_krw": 45350,
    "duty": {"exempt": True, "total_krw": 0},
}


def fields(text: str) -> dict[str, str]:
    """Names and values of a document printed into a pipe."""
    return {line.partition("\t")[0].strip(): line.partition("\t")[2] for line in text.splitlines()}


def test_history_shows_prices_and_gaps(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"{PLACE}/price-history", page(*POINTS))
    heading, gap, priced = asinflow("history", "b07wxl5ypw").stdout.splitlines()
    assert heading.split("\t") == ["FROM", "PRICE", "AVAILABILITY"]
    assert gap.split("\t") == ["2026-11-23 10:00 UTC", "none", "unavailable"]
    assert priced.split("\t") == ["2026-11-21 10:30 UTC", "32,978 JPY", "in_stock"]


def test_history_takes_an_address_and_days(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products/amazon.de/B01LW7X0JJ/price-history", page(*POINTS))
    days = ("--since", "2026-11-01", "--until", "2026-11-23T12:00+09:00", "--limit", "5")
    assert asinflow.json("history", "https://www.amazon.de/dp/B01LW7X0JJ", *days) == POINTS
    assert query(api.requests[0]) == {
        "since": "2026-11-01T00:00:00+00:00",
        "until": "2026-11-23T12:00:00+09:00",
        "limit": "5",
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nonsense",), "names no product"),
        (("B07WXL5YPW", "-m", "amazon.xx"), "no known marketplace"),
        (("B07WXL5YPW", "--since", "yesterday"), "--since takes 2026-11-23"),
    ],
)
def test_unusable_question_for_a_history_asks_nobody(
    asinflow: CommandLine, api: FakeApi, arguments: tuple[str, ...], told: str
) -> None:
    result = asinflow("history", *arguments)
    assert (result.exit_code, api.requests) == (2, [])
    assert told in result.stderr


def test_changes_show_old_and_new_price(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", page(CHANGED))
    heading, row = asinflow("products", "--changes").stdout.splitlines()
    assert heading.split("\t") == ["ASIN", "MARKETPLACE", "TITLE", "OLD", "NEW", "CHANGE", "SINCE"]
    assert row.split("\t")[3:] == ["35,978 JPY", "32,978 JPY", "-8.34 %", "2026-11-21 10:30 UTC"]
    assert query(api.requests[0]) == {"sort": "-price_changed_at", "changed": "true", "limit": "50"}


@pytest.mark.parametrize(
    ("arguments", "title", "value"),
    [
        (("--sort", "-margin"), "MARGIN %", "12.5"),
        (("--min-margin", "5"), "MARGIN %", "12.5"),
        (("--sort", "change"), "CHANGE", "-8.34 %"),
        (("--sort", "-price_changed_at"), "SINCE", "2026-11-21 10:30 UTC"),
        (("--sort", "category"), "CATEGORY", "toys_hobbies"),
        (("--favorite",), "FAVORITE", "yes"),
    ],
)
def test_what_products_are_sorted_or_narrowed_by_is_shown(
    asinflow: CommandLine, api: FakeApi, arguments: tuple[str, ...], title: str, value: str
) -> None:
    analysis = {"margin_percent": 12.5, "category": "toys_hobbies", "profit_krw": 9, "recommended_price_krw": 70}
    api.on("GET", "/v1/products", page({**CHANGED, "favorite": True, "analysis": analysis}))
    heading, row = (line.split("\t") for line in asinflow("products", *arguments).stdout.splitlines())
    assert [text for name, text in zip(heading, row, strict=True) if name == title] == [value]
    assert heading[-1] == "AGE"
    assert query(api.requests[0]).get("sort", "") in {"", arguments[-1], "price_change_percent"}


def test_changes_may_be_sorted_and_filtered(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", page(CHANGED))
    assert asinflow.json("products", "--changes", "--sort", "price", "--q", "switch") == [CHANGED]
    assert query(api.requests[0]) == {"sort": "price", "changed": "true", "q": "switch", "limit": "50"}


def test_profit_of_a_described_product_is_shown(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", "/v1/profit/calculate", ANALYSIS)
    asked = ("--price", "3000", "--weight", "750", "--margin", "15", "--category", "toys_hobbies", "--packaging", "500")
    shown = fields(asinflow("profit", "calculate", *asked).stdout)
    assert api.bodies() == [
        {
            "price": 3000.0,
            "currency": "JPY",
            "weight_g": 750.0,
            "category": "toys_hobbies",
            "target_margin": 15.0,
            "packaging_krw": 500,
        }
    ]
    assert (shown["profitable"], shown["recommended price"], shown["cost"]) == ("yes", "61,200 KRW", "45,350 KRW")
    assert (shown["margin"], shown["platform fee"]) == ("15.09 % of 15 % wanted", "6,610 KRW (10.8 %)")
    assert shown["rate"] == "1 JPY = 9.3 KRW, frankfurter of 2026-11-20"
    assert shown["remarks"] == "The weight is unknown; 500 g were assumed."


def test_recommended_price_is_shown(asinflow: CommandLine, api: FakeApi) -> None:
    found = {
        **{name: ANALYSIS[name] for name in ("recommended_price_krw", "profit_krw", "margin_percent", "target_margin")},
        **{name: ANALYSIS[name] for name in ("cost_krw", "platform_fee_percent", "rate", "reasons")},
        "platform_fee_krw": 6610,
        "category": "toys_hobbies",
    }
    api.on("POST", "/v1/profit/recommend-price", found)
    shown = fields(asinflow("profit", "recommend", "--price", "20", "--currency", "USD", "--rate", "1400").stdout)
    assert api.bodies() == [{"price": 20.0, "currency": "USD", "rate": 1400.0}]
    assert (shown["recommended price"], shown["category"]) == ("61,200 KRW", "toys_hobbies")
    assert asinflow.json("profit", "recommend", "--price", "20") == found


def test_product_is_analysed_with_what_is_asked_anew(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"{PLACE}/analyze", ANALYSIS)
    assert asinflow.json("profit", "product", "B07WXL5YPW", "--margin", "15", "--sell-at", "61200") == ANALYSIS
    assert api.bodies() == [{"target_margin": 15.0, "selling_price_krw": 61200}]


def test_analysis_without_price_still_shows(asinflow: CommandLine, api: FakeApi) -> None:
    unknown = dict.fromkeys(ANALYSIS) | {
        **{name: ANALYSIS[name] for name in ("target_margin", "platform_fee_percent", "category_label")},
        "reasons": [{"code": "price_missing", "message": "The product has no price."}],
    }
    api.on("POST", f"{PLACE}/analyze", unknown)
    shown = fields(asinflow("profit", "product", "B07WXL5YPW").stdout)
    assert (shown["profitable"], shown["remarks"]) == ("unknown", "The product has no price.")
    assert "cost" not in shown


def test_impossible_margin_is_refused_with_the_largest(asinflow: CommandLine, api: FakeApi) -> None:
    sentence = "A margin of 95 % cannot be reached: the largest possible margin is 89.19 %."
    api.on("POST", "/v1/profit/calculate", problem(422, "impossible_margin", sentence, largest_margin=89.19))
    result = asinflow("profit", "calculate", "--price", "3000", "--margin", "95")
    assert result.exit_code == 4
    assert "89.19 %" in result.stderr
