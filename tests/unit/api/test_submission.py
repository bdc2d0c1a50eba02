"""From a request to a job, or to the reasons why not."""

import json
from typing import Any

import pytest

from services.api.problems import Problem
from services.api.settings import ApiSettings
from services.api.submission import Submission, Tally, understand
from tests.unit.api.builders import HOME, JOB_SETTINGS, api_settings, asin


def ask(body: dict[str, Any], settings: ApiSettings | None = None) -> Submission:
    return understand(json.dumps(body).encode(), settings or api_settings())


def refusal(body: dict[str, Any], settings: ApiSettings | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        ask(body, settings)
    assert caught.value.status == 422
    return caught.value


def bulk(*asins: str, **more: Any) -> dict[str, Any]:
    return {"type": "BULK_ASIN", "asins": list(asins), **more}


def fields(problem: Problem) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in problem.errors]


def test_spellings_of_one_asin_are_one_product() -> None:
    found = ask(bulk(" b07wxl5ypw", "https://www.amazon.co.jp/dp/B07WXL5YPW", asin(1)))
    assert found.keys == (f"{HOME}:B07WXL5YPW", f"{HOME}:{asin(1)}")
    assert (found.tally, found.request) == (Tally(accepted=2, duplicate=1), {"count": 2})


def test_bad_lines_are_reported_and_left_out() -> None:
    found = ask(bulk(asin(1), "nonsense!", ""))
    assert found.keys == (f"{HOME}:{asin(1)}",)
    assert [(line.input, line.code) for line in found.invalid] == [("nonsense!", "length"), ("", "empty")]


def test_one_bad_line_refuses_a_strict_request() -> None:
    problem = refusal(bulk(asin(1), "nonsense!", strict=True))
    assert (problem.code, fields(problem)) == ("invalid_items", [("asins", "length")])


def test_request_without_any_good_line_is_refused() -> None:
    assert refusal(bulk("nonsense!", "x")).code == "no_valid_items"


def test_asins_are_looked_up_where_the_request_says() -> None:
    found = ask(bulk(asin(1), "https://www.amazon.fr/dp/B07WXL5YPW", marketplace="amazon.de"))
    assert found.keys == (f"amazon.de:{asin(1)}", "amazon.fr:B07WXL5YPW")


def test_address_on_unconfigured_marketplace_is_a_bad_line() -> None:
    found = ask(bulk(asin(1), "https://www.amazon.fr/dp/B07WXL5YPW"), api_settings(marketplaces=(HOME,)))
    assert [line.code for line in found.invalid] == ["marketplace"]


@pytest.mark.parametrize("body", [bulk(asin(1)), {"type": "KEYWORD", "keyword": "toy"}])
def test_unconfigured_marketplace_is_refused(body: dict[str, Any]) -> None:
    problem = refusal({**body, "marketplace": "amazon.de"}, api_settings(marketplaces=(HOME,)))
    assert fields(problem) == [("marketplace", "unknown_marketplace")]


def test_more_lines_than_allowed_are_refused() -> None:
    problem = refusal(bulk(asin(1), asin(2), asin(3)), api_settings(max_items_per_job=2))
    assert fields(problem) == [("asins", "too_many")]


@pytest.mark.parametrize(
    "body", [{"type": "KEYWORD", "keyword": "toy"}, {"type": "URL", "url": "https://www.amazon.co.jp/s?k=toy"}]
)
def test_more_results_than_allowed_are_refused(body: dict[str, Any]) -> None:
    settings = api_settings(max_items_per_job=50)
    assert fields(refusal({**body, "max_results": 51}, settings)) == [("max_results", "too_many")]
    assert ask({**body, "max_results": 50}, settings).request["max_results"] == 50
    assert ask(body, settings).request["max_results"] == 50


def test_address_is_stored_in_its_canonical_form() -> None:
    found = ask({"type": "URL", "url": "http://amazon.co.jp/-/en/x/dp/b07wxl5ypw/ref=sr_1?tag=me", "max_results": 7})
    assert found.request == {"url": "https://www.amazon.co.jp/dp/B07WXL5YPW", "max_results": 7}
    assert found.keys == ()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/dp/B07WXL5YPW", "host"),
        ("https://www.amazon.co.jp.evil.test/dp/B07WXL5YPW", "host"),
        ("https://www.amazon.de/dp/B07WXL5YPW", "marketplace"),
        ("https://www.amazon.co.jp/help", "unsupported_page"),
    ],
)
def test_address_that_is_not_served_is_refused(url: str, code: str) -> None:
    assert fields(refusal({"type": "URL", "url": url}, api_settings(marketplaces=(HOME,)))) == [("url", code)]


def test_keyword_is_trimmed_and_gets_defaults() -> None:
    found = ask({"type": "KEYWORD", "keyword": "  ミニ四駆 \n モーター "})
    assert found.request == {"keyword": "ミニ四駆 モーター", "marketplace": HOME, "max_results": 100}
    assert (found.options.settings, found.options.priority) == (JOB_SETTINGS, "normal")


@pytest.mark.parametrize("keyword", ["", "   ", "x" * 201, "a\u0000b"])
def test_unusable_keyword_is_refused(keyword: str) -> None:
    assert fields(refusal({"type": "KEYWORD", "keyword": keyword}))[0][0] == "keyword"


def test_unknown_fields_are_refused_by_name() -> None:
    problem = refusal(bulk(asin(1), colour="red", settings={"size": 1}))
    assert sorted(fields(problem)) == [("colour", "extra_forbidden"), ("settings.size", "extra_forbidden")]


@pytest.mark.parametrize(
    "settings",
    [
        {"target_margin": 4.9},
        {"target_margin": 50.1},
        {"target_margin": "10"},
        {"japan_shipping_jpy": -1},
        {"korea_shipping_krw": 1.5},
        {"max_age_seconds": -1},
        {"auto_analyze": 1},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    problem = refusal(bulk(asin(1), settings=settings))
    assert [error.field for error in problem.errors] == [f"settings.{name}" for name in settings]


def test_wrong_element_is_named_by_its_place() -> None:
    assert fields(refusal({"type": "BULK_ASIN", "asins": [asin(1), 7]})) == [("asins.1", "string_type")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"asins": []}', b'{"type": "ALL"}', b"\xff", b'"\\ud800"'])
def test_malformed_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        understand(body, api_settings())
    assert caught.value.code == "invalid_request"


def test_fingerprint_ignores_order_and_spacing_only() -> None:
    one = understand(b'{"type":"KEYWORD","keyword":"toy","max_results":5}', api_settings())
    same = understand(b'{ "max_results": 5, "keyword": "toy", "type": "KEYWORD" }', api_settings())
    other = understand(b'{"type":"KEYWORD","keyword":"toy","max_results":6}', api_settings())
    assert one.fingerprint == same.fingerprint != other.fingerprint
