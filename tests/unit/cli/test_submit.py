"""`asinflow submit` sends what was asked for, and nothing that was not."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, a_job, completed, problem, sse

PENDING = a_job(status="PENDING", total_items=None, progress=0, counts={"accepted": 1, "duplicate": 0, "invalid": 0})


@pytest.fixture(autouse=True)
def accepting(api: FakeApi) -> None:
    api.on("POST", "/v1/jobs", PENDING)


def test_asins_are_sent_with_nothing_unasked(asinflow: CommandLine, api: FakeApi) -> None:
    result = asinflow("submit", "asins", "B07WXL5YPW", "B0CHX1W1XY")
    assert result.exit_code == 0
    assert api.bodies() == [{"type": "BULK_ASIN", "asins": ["B07WXL5YPW", "B0CHX1W1XY"]}]


def test_every_option_reaches_the_request(asinflow: CommandLine, api: FakeApi) -> None:
    settings = [
        "--target-margin",
        "12.5",
        "--japan-shipping",
        "500",
        "--korea-shipping",
        "3000",
        "--max-age",
        "60",
        "--time-limit",
        "2h",
        "--no-analyze",
        *("--packaging", "700", "--tier", "premium"),
    ]
    asinflow("submit", "asins", "B07WXL5YPW", *settings, "-m", "amazon.de", "--strict", "--priority", "high")
    assert api.bodies() == [
        {
            "type": "BULK_ASIN",
            "asins": ["B07WXL5YPW"],
            "marketplace": "amazon.de",
            "strict": True,
            "priority": "high",
            "settings": {
                "target_margin": 12.5,
                "japan_shipping_jpy": 500,
                "korea_shipping_krw": 3000,
                "packaging_krw": 700,
                "shipping_tier": "premium",
                "max_age_seconds": 60,
                "time_limit_seconds": 7_200,
                "auto_analyze": False,
            },
        }
    ]


@pytest.mark.parametrize("text", ["2 weeks", "-5", "1.5h", "", "h"])
def test_time_limit_that_is_none_is_refused(asinflow: CommandLine, api: FakeApi, text: str) -> None:
    result = asinflow("submit", "asins", "B07WXL5YPW", f"--time-limit={text}")
    assert (result.exit_code, "--time-limit takes seconds" in result.stderr, api.requests) == (2, True, [])


def test_keyword_words_become_one_search(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "keyword", "ミニ四駆", "限定", "--max-results", "30")
    assert api.bodies() == [{"type": "KEYWORD", "keyword": "ミニ四駆 限定", "max_results": 30}]


def test_url_is_sent_as_given(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "url", "https://www.amazon.co.jp/gp/bestsellers/toys/")
    assert api.bodies() == [{"type": "URL", "url": "https://www.amazon.co.jp/gp/bestsellers/toys/"}]


def test_address_alone_is_a_page_and_a_name_with_a_suffix_a_file(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "https://www.amazon.co.jp/gp/bestsellers/toys")
    assert api.bodies() == [{"type": "URL", "url": "https://www.amazon.co.jp/gp/bestsellers/toys"}]
    missing = asinflow("submit", "not-there.csv")
    assert (missing.exit_code, "not-there.csv cannot be read" in missing.stderr) == (2, True)


def test_file_and_arguments_are_joined(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "asins.txt").write_text("B000000002\n\nB000000003\n")
    asinflow("submit", "asins", "B000000001", "--file", str(tmp_path / "asins.txt"))
    assert api.bodies()[0]["asins"] == ["B000000001", "B000000002", "B000000003"]


def test_dash_reads_standard_input(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "asins", "--file", "-", stdin="B000000002 B000000003")
    assert api.bodies()[0]["asins"] == ["B000000002", "B000000003"]


def test_piped_output_is_the_job_id_alone(asinflow: CommandLine) -> None:
    result = asinflow("submit", "asins", "B07WXL5YPW")
    assert result.stdout == f"{JOB_ID}\n"
    assert f"asinflow watch {JOB_ID}" in result.stderr


def test_json_is_the_job_as_the_api_shows_it(asinflow: CommandLine) -> None:
    assert asinflow.json("submit", "asins", "B07WXL5YPW") == PENDING


def test_nothing_to_submit_is_a_usage_error(asinflow: CommandLine, api: FakeApi) -> None:
    result = asinflow("submit", "asins")
    assert result.exit_code == 2
    assert "asinflow submit asins B07WXL5YPW" in result.stderr
    assert api.requests == []


def test_invalid_lines_are_named_on_stderr(asinflow: CommandLine, api: FakeApi) -> None:
    dropped = [{"input": "B07", "code": "length", "message": "'B07' is not an ASIN: it has 3 characters."}]
    api.on("POST", "/v1/jobs", {**PENDING, "counts": {"accepted": 1, "duplicate": 2, "invalid": 1}, "invalid": dropped})
    result = asinflow("submit", "asins", "B07WXL5YPW", "B07")
    assert "2 named more than once" in result.stderr
    assert "B07: 'B07' is not an ASIN: it has 3 characters." in result.stderr


def test_refusal_exits_4_with_its_detail_and_errors(asinflow: CommandLine, api: FakeApi) -> None:
    wrong = {"field": "settings.target_margin", "code": "less_than_equal", "message": "at most 50"}
    api.on("POST", "/v1/jobs", problem(422, "invalid_request", "The request is not valid.", errors=[wrong]))
    result = asinflow("submit", "asins", "B07WXL5YPW", "--target-margin", "60")
    assert result.exit_code == 4
    assert "The request is not valid.  [422 invalid_request]" in result.stderr
    assert "settings.target_margin: at most 50" in result.stderr


def test_refusal_is_json_on_stderr_when_asked_for(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", "/v1/jobs", problem(422, "no_valid_items", "1 of 1 lines name no product."))
    result = asinflow("submit", "asins", "x", "--json")
    error = json.loads(result.stderr)["error"]
    assert (result.exit_code, result.stdout) == (4, "")
    assert (error["code"], error["status"]) == ("no_valid_items", 422)
    assert error["message"] == "1 of 1 lines name no product."
    assert error["problem"]["status"] == 422


def test_broken_connection_is_retried_with_the_same_key(asinflow: CommandLine, api: FakeApi) -> None:
    accepted = httpx.Response(202, json=PENDING)
    api.on("POST", "/v1/jobs", httpx.ReadError("reset"), accepted)
    assert asinflow("submit", "asins", "B07WXL5YPW").exit_code == 0
    first, second = (request.headers["Idempotency-Key"] for request in api.requests)
    assert first == second


def test_given_idempotency_key_is_sent(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "asins", "B07WXL5YPW", "--idempotency-key", "monday")
    assert api.requests[0].headers["Idempotency-Key"] == "monday"


def test_unreachable_api_exits_3_with_the_next_command(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", "/v1/jobs", httpx.ConnectError("refused"))
    result = asinflow("submit", "asins", "B07WXL5YPW")
    assert result.exit_code == 3
    assert "http://api.test cannot be reached: refused" in result.stderr
    assert "make up" in result.stderr
    assert len(api.requests) == 1


def test_watch_follows_the_new_job(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"/v1/jobs/{JOB_ID}", a_job(), completed())
    api.on("GET", f"/v1/jobs/{JOB_ID}/events", [sse("job.completed.v1", completed())])
    result = asinflow("submit", "asins", "B07WXL5YPW", "--watch", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["submitted", "snapshot", "job.completed.v1"]
    assert lines[-1]["status"] == "COMPLETED"
