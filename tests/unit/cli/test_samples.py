"""Kept pages on the command line: listed, fetched, and read rule by rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.why import why_lines
from shared.amazon.pages import explain
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import FakeApi, problem
from tests.unit.cli.test_lists import page, query
from tests.unit.cli.test_parse import PAGE, URL, one_object

SAMPLE_ID = "amazon.co.jp:fields_missing:2986920"
PATH = f"/v1/page-samples/{SAMPLE_ID}"
SAMPLE: dict[str, Any] = {
    "id": SAMPLE_ID,
    "marketplace": "amazon.co.jp",
    "reason": "fields_missing",
    "missing": ["price", "images"],
    "asin": "B07WXL5YPW",
    "url": URL,
    "status": 200,
    "content_type": "text/html;charset=UTF-8",
    "size": 1482113,
    "stored_size": 243012,
    "at": "2026-11-23T06:00:05Z",
}


@pytest.fixture
def kept(api: FakeApi) -> FakeApi:
    api.on("GET", PATH, SAMPLE)
    api.on("GET", f"{PATH}/body", httpx.Response(200, content=PAGE.encode()))
    return api


def test_kept_pages_are_listed(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/page-samples", page(SAMPLE, dict(SAMPLE, missing=[])))
    _, first, second = asinflow("samples", "--reason", "fields_missing", "-m", "amazon.co.jp").stdout.splitlines()
    assert first.split("\t")[:4] == [SAMPLE_ID, "B07WXL5YPW", "price images", "1,482,113"]
    assert second.split("\t")[2] == "everything"
    assert query(api.requests[0]) == {"reason": "fields_missing", "marketplace": "amazon.co.jp", "limit": "50"}
    assert asinflow.json("samples")[0] == SAMPLE


@pytest.mark.parametrize("why", [(), ("--why",)])
def test_kept_page_is_parsed_as_what_it_was(asinflow: CommandLine, kept: FakeApi, why: tuple[str, ...]) -> None:
    parsed = one_object(asinflow("parse", "--sample", SAMPLE_ID, *why).stdout)
    assert (parsed["kind"], parsed["product"]["title"]) == ("product", "ミニ四駆 本体")
    assert ("why" in parsed) == bool(why)


def test_page_kept_no_longer_is_refused(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, problem(404, "page_sample_not_found", "There is no such page_sample."))
    assert asinflow("parse", "--sample", SAMPLE_ID).exit_code == 4


@pytest.mark.parametrize(
    "arguments", [(), ("page.html", "--sample", SAMPLE_ID), ("page.html",)], ids=["nothing", "both", "no address"]
)
def test_page_must_be_named_once_and_with_its_address(asinflow: CommandLine, arguments: tuple[str, ...]) -> None:
    result = asinflow("parse", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_half_a_character_in_a_page_is_still_printed(asinflow: CommandLine, tmp_path: Path) -> None:
    script = """<script>'colorImages': { 'initial': [{"hiRes":"https://m.media-amazon.com/images/I/\\ud83d.jpg"}]}</script>"""
    (tmp_path / "page.html").write_text(PAGE.replace("</body>", f"{script}</body>"), encoding="utf-8")
    for why in ((), ("--why",)):
        assert one_object(asinflow("parse", str(tmp_path / "page.html"), "--url", URL, *why).stdout)


def test_every_rule_is_told_with_its_answer() -> None:
    text = "\n".join(why_lines(explain(PAGE.encode(), url=URL)))
    title = text.partition("\ntitle\n")[2].partition("\n\n")[0].splitlines()
    assert text.startswith("product: ok, ok")
    assert title[0].split() == [">", "desktop", "ミニ四駆", "本体", "[#productTitle]"]
    assert all(line.split()[1] == "-" for line in title[1:])
    assert "\nseller: no answer\n" in text


def test_rules_that_disagree_stand_out() -> None:
    rules = [
        {"rule": "first", "where": "#a", "answer": None},
        {"rule": "second", "where": "", "answer": "x" * 200},
        {"rule": "third", "where": "#c", "answer": "x" * 200},
        {"rule": "fourth", "where": "#d", "answer": {"amount": "5"}},
    ]
    told = {
        "kind": "product",
        "reason": "ok",
        "advice": "ok",
        "trace": {"a": "second"},
        "why": {"a": rules, "b": rules},
    }
    lines = list(why_lines(told))
    assert [line[2] for line in lines[2:6]] == [" ", ">", "=", "!"]
    assert "x" * 99 + "…" in lines[3]
    assert lines[5].endswith(f"{json.dumps({'amount': '5'})}  [#d]")
    assert lines[6] == "\nb: set aside, as other fields say"


def test_refused_user_is_told_of_the_operators_token(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/page-samples", problem(403, "insufficient_scope", "The token lacks the scope operator."))
    refused = asinflow("samples")
    assert refused.exit_code == 4
    assert "export ASINFLOW_TOKEN=$OPERATOR_TOKEN" in refused.stderr
