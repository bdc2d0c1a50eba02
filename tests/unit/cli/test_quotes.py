"""Dry runs and uploads: what is sent, and what is told."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from services.api.responses import QUOTE_EXAMPLE
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, a_job
from tests.unit.cli.test_lists import query

LIST = "asin,marketplace\nB07WXL5YPW,amazon.de\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "list.csv").write_text(LIST)
    return tmp_path / "list.csv"


@pytest.fixture(autouse=True)
def accepting(api: FakeApi) -> None:
    api.on("POST", "/v1/jobs", a_job(counts={"accepted": 1, "duplicate": 0, "invalid": 0}))


@pytest.mark.parametrize("arguments", [["asins", "B07WXL5YPW"], ["keyword", "x"], ["url", "https://x"], ["list.csv"]])
def test_dry_run_submits_nothing(asinflow: CommandLine, api: FakeApi, file: Path, arguments: list[str]) -> None:
    api.on("POST", "/v1/jobs", QUOTE_EXAMPLE)
    named = [str(file) if argument == "list.csv" else argument for argument in arguments]
    assert asinflow.json("submit", *named, "--dry-run") == QUOTE_EXAMPLE
    assert query(api.requests[0]) == {"dry_run": "true"}
    shown = asinflow("submit", *named, "--dry-run")
    assert f"requests\t{QUOTE_EXAMPLE['expected_requests']}" in shown.stdout
    assert "Nothing was submitted" in shown.stderr


def test_dry_run_has_nothing_to_watch(asinflow: CommandLine) -> None:
    assert asinflow("submit", "keyword", "x", "--dry-run", "--watch").exit_code == 2


def test_list_is_sent_as_it_is_with_its_options(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    options = ["--tag", "a", "--tag", "b", "--metadata", "order=17", "--priority", "low", "--max-age", "60", "--strict"]
    result = asinflow("submit", "file", str(file), *options, "--idempotency-key", "monday")
    assert result.stdout == f"{JOB_ID}\n"
    [request] = api.requests
    assert (request.content, request.headers["Content-Type"]) == (LIST.encode(), "text/csv")
    assert request.headers["Idempotency-Key"] == "monday"
    assert json.loads(query(request).pop("metadata")) == {"order": "17"}
    rest = {name: value for name, value in query(request).items() if name != "metadata"}
    assert rest == {"tags": "a,b", "priority": "low", "max_age_seconds": "60", "strict": "true"}


def test_name_of_a_file_alone_is_enough(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    assert asinflow("submit", str(file)).exit_code == 0
    assert api.requests[0].content == LIST.encode()
    assert asinflow("submit", str(file.with_name("none.csv"))).exit_code == 2


@pytest.mark.parametrize(("form", "kind"), [((), "text/plain"), (("--format", "ndjson"), "application/x-ndjson")])
def test_standard_input_is_sent(asinflow: CommandLine, api: FakeApi, form: tuple[str, ...], kind: str) -> None:
    asinflow("submit", "file", "-", *form, stdin="B07WXL5YPW\n")
    assert (api.requests[0].content, api.requests[0].headers["Content-Type"]) == (b"B07WXL5YPW\n", kind)


def test_broken_upload_names_the_key_that_makes_it_one_job(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    api.on("POST", "/v1/jobs", httpx.ReadError("reset"))
    result = asinflow("submit", str(file))
    [request] = api.requests
    assert result.exit_code == 3
    assert f"--idempotency-key {request.headers['Idempotency-Key']}" in result.stderr


@pytest.mark.parametrize(
    "options", [["--format", "xml"], ["--tag", "a,b"], ["--metadata", "order"]], ids=["format", "tag", "metadata"]
)
def test_option_that_cannot_be_sent_is_refused(
    asinflow: CommandLine, api: FakeApi, file: Path, options: list[str]
) -> None:
    assert asinflow("submit", "file", str(file), *options).exit_code == 2
    assert asinflow("submit", "file", str(file.with_name("none"))).exit_code == 2
    assert api.requests == []


def test_quality_gate_is_asked_for_both_ways(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    options = ["--min-success", "95", "--min-coverage", "price=90", "--min-coverage", "title=100"]
    gate = {"min_success_rate": 95.0, "min_coverage": {"price": 90.0, "title": 100.0}}
    asinflow("submit", "keyword", "x", *options)
    asinflow("submit", str(file), *options)
    assert json.loads(api.requests[0].content)["settings"] == {"quality_gate": gate}
    assert json.loads(query(api.requests[1])["quality_gate"]) == gate
    for wrong in ("price", "price=most"):
        assert asinflow("submit", "keyword", "x", "--min-coverage", wrong).exit_code == 2


def test_tags_and_metadata_are_part_of_the_request(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("submit", "asins", "B07WXL5YPW", "--tag", "autumn", "--metadata", "order=17=a")
    assert api.bodies()[0]["tags"] == ["autumn"]
    assert api.bodies()[0]["metadata"] == {"order": "17=a"}
