"""Lists and single documents: JSON, tab-separated lines, cursors, filters."""

from __future__ import annotations

from typing import Any

import httpx

from cli.text import amount, sold_at
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, a_job, completed, problem

ITEM: dict[str, Any] = {
    "seq": 17,
    "asin": "B07WXL5YPW",
    "marketplace": "amazon.co.jp",
    "status": "failed",
    "attempts": 1,
    "error": {"code": "not_found", "message": "No such product.", "retryable": False},
    "processed_at": "2026-11-23T06:00:35Z",
    "origin": "fetched",
}
PRODUCT: dict[str, Any] = {
    "marketplace": "amazon.co.jp",
    "asin": "B07WXL5YPW",
    "url": "https://www.amazon.co.jp/dp/B07WXL5YPW",
    "title": "=HYPERLINK(…)\tSwitch\x1b[31m",
    "price": 32978,
    "currency": "JPY",
    "categories": ["ゲーム", "本体"],
    "analysis": {"recommended_price_krw": 412300, "profit_krw": 41200, "is_profitable": True},
    "collected_at": "2026-11-23T06:00:05Z",
}


def page(*rows: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {"items": list(rows), "next_cursor": cursor}


def query(request: httpx.Request) -> dict[str, str]:
    return dict(request.url.params)


def test_jobs_filters_reach_the_api(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/jobs", page(a_job()))
    assert asinflow.json(
        "jobs", "--status", "processing", "--type", "bulk_asin", "--tag", "x", "--q", "y", "-n", "5"
    ) == [a_job()]
    assert query(api.requests[0]) == {"status": "PROCESSING", "type": "BULK_ASIN", "tag": "x", "q": "y", "limit": "5"}


def test_cursors_are_followed_up_to_the_limit(asinflow: CommandLine, api: FakeApi) -> None:
    rows = [dict(ITEM, seq=seq) for seq in range(150)]
    api.on("GET", f"/v1/jobs/{JOB_ID}/items", page(*rows[:100], cursor="c1"), page(*rows[100:120], cursor="c2"))
    assert [item["seq"] for item in asinflow.json("items", JOB_ID, "--limit", "120")] == list(range(120))
    assert [query(request) for request in api.requests] == [{"limit": "120"}, {"limit": "20", "cursor": "c1"}]


def test_limit_zero_takes_every_page(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", page(PRODUCT, cursor="c1"), page(PRODUCT, cursor="c2"), page(PRODUCT))
    assert len(asinflow.json("products", "--limit", "0")) == 3


def test_piped_items_are_tab_separated_in_full(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"/v1/jobs/{JOB_ID}/items", page(dict(ITEM, error={**ITEM["error"], "message": "long " * 60})))
    heading, row = asinflow("items", JOB_ID, "--status", "FAILED").stdout.splitlines()
    assert heading.split("\t") == ["SEQ", "ASIN", "MARKETPLACE", "STATUS", "TRIES", "ERROR", "MESSAGE"]
    assert row.split("\t")[:6] == ["17", "B07WXL5YPW", "amazon.co.jp", "failed", "1", "not_found"]
    assert row.split("\t")[6] == ("long " * 60).strip()
    assert query(api.requests[0])["status"] == "failed"


def test_control_characters_never_reach_the_terminal(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", page(PRODUCT))
    _, row = asinflow("products").stdout.splitlines()
    assert "\x1b" not in row
    assert row.split("\t")[2:4] == ["=HYPERLINK(…) Switch [31m", "32,978 JPY"]


def test_products_filters_reach_the_api(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", page())
    asinflow("products", "--job", JOB_ID, "--q", "switch", "--sort", "-price", "-m", "amazon.co.jp")
    wanted = {"job_id": JOB_ID, "q": "switch", "sort": "-price", "marketplace": "amazon.co.jp", "limit": "50"}
    assert query(api.requests[0]) == wanted


def test_job_shows_its_figures(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"/v1/jobs/{JOB_ID}", completed(success_rate=75.0))
    shown = dict(line.split("\t") for line in asinflow("job", JOB_ID).stdout.splitlines())
    assert (shown["status"], shown["done"], shown["success rate"]) == ("COMPLETED", "4/4 (100 %)", "75 %")


def test_job_id_cannot_leave_its_path(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("job", "../products?x=1#y")
    assert api.requests[0].url.raw_path == b"/v1/jobs/..%2Fproducts%3Fx%3D1%23y"


def test_cancel_posts_and_shows_the_job(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"/v1/jobs/{JOB_ID}/cancel", a_job(status="CANCELLED"))
    assert asinflow.json("cancel", JOB_ID)["status"] == "CANCELLED"


def test_cancelling_an_ended_job_is_refused(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"/v1/jobs/{JOB_ID}/cancel", problem(409, "job_ended", "The job has ended already."))
    result = asinflow("cancel", JOB_ID)
    assert result.exit_code == 4
    assert "The job has ended already." in result.stderr


def test_proxy_error_page_is_still_an_answer(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/jobs", httpx.Response(502, text="<html>bad gateway</html>"))
    result = asinflow("jobs")
    assert result.exit_code == 4
    assert "HTTP 502 Bad Gateway  [502 http_502]" in result.stderr


def test_refused_list_prints_nothing_to_the_pipe(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/jobs", problem(422, "invalid_request", "The request is not valid: status."))
    result = asinflow("jobs", "--status", "nope")
    assert (result.exit_code, result.stdout) == (4, "")


def test_profit_shown_is_that_of_the_price_shown() -> None:
    asked = {"recommended_price_krw": 18_700, "selling_price_krw": 56_000, "profit_krw": 33_491}
    assert sold_at({"analysis": asked}) == amount(56_000)
    assert sold_at({"analysis": {**asked, "selling_price_krw": None}}) == amount(18_700)
    assert sold_at({"analysis": None}) == ""
