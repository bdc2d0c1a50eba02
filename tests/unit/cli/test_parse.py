"""`asinflow parse` prints exactly one JSON object, whatever it is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine

URL = "https://www.amazon.co.jp/dp/B07WXL5YPW"
PAGE = """<html lang="ja-jp"><body><div id="dp"><span id="productTitle"> ミニ四駆 本体 </span>
<div id="corePriceDisplay_desktop_feature_div"><span class="a-price">
<span class="a-offscreen">￥2,480</span></span></div>
<input id="ASIN" name="ASIN" value="B07WXL5YPW"></div></body></html>"""


@pytest.fixture
def saved(tmp_path: Path) -> str:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    return str(tmp_path / "page.html")


def one_object(text: str) -> dict[str, Any]:
    assert text.count("\n") == 1
    document: dict[str, Any] = json.loads(text)
    return document


def test_product_page_becomes_one_object(asinflow: CommandLine, saved: str) -> None:
    page = one_object(asinflow("parse", saved, "--url", URL).stdout)
    assert page["kind"] == "product"
    assert page["product"]["title"] == "ミニ四駆 本体"
    assert page["listing"] is None


def test_page_may_come_from_standard_input(asinflow: CommandLine) -> None:
    assert one_object(asinflow("parse", "-", "--url", URL, "--json", stdin=PAGE).stdout)["kind"] == "product"


def test_status_is_taken_into_account(asinflow: CommandLine) -> None:
    result = asinflow("parse", "-", "--url", URL, "--status", "404", stdin="<html></html>")
    assert one_object(result.stdout)["kind"] == "not_found"


def test_why_tells_which_rule_answered(asinflow: CommandLine, saved: str) -> None:
    page = one_object(asinflow("parse", saved, "--url", URL, "--why").stdout)
    assert page["trace"]["title"]
    assert "title" in page["why"]


def test_missing_page_is_a_usage_error(asinflow: CommandLine) -> None:
    result = asinflow("parse", "none.html", "--url", URL)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.html cannot be read" in result.stderr
