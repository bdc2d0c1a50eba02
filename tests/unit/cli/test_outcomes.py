"""What became of a job, and what is the user's own: errors, results, audit, products, figures."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, problem
from tests.unit.cli.test_lists import ITEM, PRODUCT, page, query

JOB = f"/v1/jobs/{JOB_ID}"
PATH = "/v1/products/amazon.co.jp/B07WXL5YPW"
GROUP = {"code": "timeout", "retryable": True, "count": 3, "message": "No answer in time."}
COUNTS = {"total": 4, "succeeded": 3, "failed": 1, "cancelled": 0, "remaining": 0}


def test_errors_are_counted_by_kind(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"{JOB}/errors", {"groups": [GROUP], "items": [], "next_cursor": None})
    shown = asinflow("errors", JOB_ID)
    assert shown.stdout.splitlines()[1] == "timeout\t3\tyes\tNo answer in time."
    assert f"asinflow retry {JOB_ID} --error timeout" in shown.stderr
    assert asinflow.json("errors", JOB_ID) == [GROUP]


def test_errors_are_listed_one_by_one(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"{JOB}/items", page(ITEM))
    assert asinflow.json("errors", JOB_ID, "--items") == [ITEM]
    assert query(api.requests[0]) == {"status": "failed", "limit": "100"}


def test_results_are_listed(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", f"{JOB}/results", page(PRODUCT))
    assert asinflow.json("results", JOB_ID) == [PRODUCT]
    assert "B07WXL5YPW" in asinflow("results", JOB_ID).stdout


@pytest.mark.parametrize("balanced", [True, False])
def test_audit_ends_with_1_unless_the_books_balance(asinflow: CommandLine, api: FakeApi, balanced: bool) -> None:
    wrong = {"code": "c", "message": "m", "expected": 1, "actual": 2, "seqs": [], "passing": False}
    document = {"recorded": COUNTS, "derived": COUNTS, "balanced": balanced, "differences": [] if balanced else [wrong]}
    api.on("GET", f"{JOB}/audit", document)
    shown = asinflow("audit", JOB_ID)
    assert shown.exit_code == (0 if balanced else 1)
    assert "succeeded\t3\t3\n" in shown.stdout
    assert ("c\t1\t2\tno\tm" in shown.stdout) is not balanced
    assert asinflow("audit", JOB_ID, "--json").exit_code == shown.exit_code


@pytest.mark.parametrize(
    ("command", "change"),
    [
        (["note", "B07WXL5YPW", "for Ann"], {"notes": "for Ann"}),
        (["favorite", "https://www.amazon.co.jp/dp/B07WXL5YPW"], {"favorite": True}),
        (["favorite", "B07WXL5YPW", "--off"], {"favorite": False}),
    ],
)
def test_what_is_yours_is_changed(
    asinflow: CommandLine, api: FakeApi, command: list[str], change: dict[str, Any]
) -> None:
    api.on("PATCH", PATH, {**PRODUCT, **change})
    assert asinflow.json("product", *command) == {**PRODUCT, **change}
    assert api.bodies() == [change]


def test_what_is_not_there_leads_to_the_list_of_what_is(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, problem(404, "product_not_found", "There is no such product."))
    assert "Try:  asinflow products\n" in asinflow("product", "show", "B07WXL5YPW").stderr


def test_product_is_shown_and_forgotten(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, {**PRODUCT, "missing": {"rating": "not on the page"}, "notes": "for Ann"})
    api.on("DELETE", PATH, httpx.Response(204))
    shown = asinflow("product", "show", "B07WXL5YPW").stdout
    assert "sell at\t412,300 KRW\n" in shown
    assert "no rating\tnot on the page\n" in shown
    assert "\x1b" not in shown
    assert asinflow("product", "forget", "B07WXL5YPW").stdout == "amazon.co.jp B07WXL5YPW deleted\n"


def test_figures_are_shown(asinflow: CommandLine, api: FakeApi) -> None:
    products = {
        "total": 9,
        "favorite": 1,
        "profitable": 2,
        "priced": 2,
        "priced_profitable": 1,
        "collected_24h": 3,
        "changed_24h": 4,
    }
    stats = {"jobs": {"COMPLETED": 5}, "success_rate": 97.5, "products": products, "hours": [], "days": []}
    api.on("GET", "/v1/stats", stats)
    assert asinflow.json("stats") == stats
    shown = asinflow("stats").stdout
    assert "jobs COMPLETED\t5\nsuccess rate\t97.5 %\nproducts\t9\n" in shown
