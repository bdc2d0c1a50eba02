"""`asinflow export`: whole rows into a file, whatever the connection does."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cli.download import Rows
from tests.unit.cli.conftest import CommandLine, HeldClock
from tests.unit.cli.fake_api import JOB_ID, Broken, FakeApi, problem
from tests.unit.cli.test_lists import query

ITEMS = f"/v1/jobs/{JOB_ID}/items"
TITLES = b"seq,asin,cursor\r\n"
ROWS = [b"0,B000000001,c0\r\n", b'1,"B00\n0000""02",c1\r\n', b"2,B000000003,c2\r\n"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


def test_rows_are_passed_through_as_they_come(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", ITEMS, [b'{"seq":0,"cursor":"a"}\n{"se', b'q":1,"cursor":"b"}\n'])
    lines = asinflow("export", "items", JOB_ID, "--format", "ndjson", "--status", "FAILED").stdout
    assert lines == '{"seq":0,"cursor":"a"}\n{"seq":1,"cursor":"b"}\n'
    assert query(api.requests[0]) == {"format": "ndjson", "status": "failed"}


@pytest.mark.parametrize("cut", range(1, len(ROWS[1])))
def test_broken_export_goes_on_after_its_last_whole_row(
    asinflow: CommandLine, api: FakeApi, file: Path, clock: HeldClock, cut: int
) -> None:
    broken = Broken([TITLES + ROWS[0] + ROWS[1][:cut]], httpx.ReadError("reset"))
    api.on("GET", ITEMS, httpx.Response(200, stream=broken), [TITLES, ROWS[1], ROWS[2]])
    assert asinflow("export", "items", JOB_ID, "-o", str(file)).exit_code == 0
    assert file.read_bytes() == TITLES + b"".join(ROWS)
    assert [query(request).get("cursor") for request in api.requests] == [None, "c0"]
    assert clock.slept == [0.25]


def test_export_that_breaks_for_good_says_how_to_go_on(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    broken = Broken([TITLES + ROWS[0] + b"1,B0"], httpx.ReadError("reset"))
    api.on("GET", ITEMS, httpx.Response(200, stream=broken), httpx.ConnectError("refused"))
    result = asinflow("export", "items", JOB_ID, "-o", str(file))
    assert (result.exit_code, "1 rows are written" in result.stderr, "--resume" in result.stderr) == (3, True, True)
    assert file.read_bytes() == TITLES + ROWS[0]
    api.on("GET", ITEMS, [TITLES, *ROWS[1:]])
    file.write_bytes(file.read_bytes() + b"1,half")
    assert asinflow("export", "items", JOB_ID, "-o", str(file), "--resume").exit_code == 0
    assert file.read_bytes() == TITLES + b"".join(ROWS)
    assert query(api.requests[-1])["cursor"] == "c0"


def test_refusal_leaves_no_trace_on_the_pipe(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", problem(422, "invalid_request", "The request is not valid: category."))
    result = asinflow("export", "products")
    assert (result.exit_code, result.stdout) == (4, "")


def test_parquet_is_written_as_it_is(asinflow: CommandLine, api: FakeApi, file: Path) -> None:
    api.on("GET", f"/v1/jobs/{JOB_ID}/results", [b"PAR1\n", b"\xff\nPAR1"])
    assert asinflow("export", "results", JOB_ID, "--format", "parquet", "-o", str(file)).exit_code == 0
    assert file.read_bytes() == b"PAR1\n\xff\nPAR1"
    result = asinflow("export", "results", JOB_ID, "--format", "parquet", "-o", str(file), "--resume")
    assert (result.exit_code, "CSV or NDJSON" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "form"),
    [("p.parquet", "parquet"), ("p.NDJSON", "ndjson"), ("p.jsonl", "ndjson"), ("p.csv", "csv"), ("p", "csv")],
)
def test_file_is_written_as_its_name_ends(
    asinflow: CommandLine, api: FakeApi, tmp_path: Path, name: str, form: str
) -> None:
    api.on("GET", "/v1/products", [b""])
    result = asinflow("export", "products", "-o", str(tmp_path / name))
    assert (result.exit_code, query(api.requests[0])["format"], result.stderr) == (0, form, "")


@pytest.mark.parametrize(
    ("arguments", "form"), [(["-o", "p.xlsx"], "csv"), (["--format", "csv", "-o", "p.parquet"], "csv")]
)
def test_file_written_otherwise_than_it_is_called_is_told(
    asinflow: CommandLine, api: FakeApi, tmp_path: Path, arguments: list[str], form: str
) -> None:
    api.on("GET", "/v1/products", [b""])
    *others, name = arguments
    result = asinflow("export", "products", *others, str(tmp_path / name))
    assert (result.exit_code, query(api.requests[0])["format"]) == (0, form)
    assert f"{name} is written as {form}" in result.stderr


def test_products_are_exported_by_choice(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/products", [b'{"asin":"x","cursor":"a"}\n'])
    choice = ["--favorite", "--not-profitable", "--min-margin", "5", "--max-price", "9", "--sort", "-margin"]
    assert asinflow("export", "products", *choice, "--json").stdout == '{"asin":"x","cursor":"a"}\n'
    assert query(api.requests[0]) == {
        **{"format": "ndjson", "favorite": "true", "profitable": "false"},
        **{"min_margin": "5.0", "max_price": "9.0", "sort": "-margin"},
    }


def test_unwritable_target_is_a_usage_error(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    result = asinflow("export", "products", "-o", str(tmp_path / "none" / "out.csv"))
    assert (result.exit_code, api.requests) == (2, [])
    assert "cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("subject", ["products", "items", "errors", "results"])
def test_unknown_export_format_is_a_usage_error(asinflow: CommandLine, subject: str) -> None:
    names = [] if subject == "products" else [JOB_ID]
    assert asinflow("export", subject, *names, "--format", "xlsx").exit_code == 2


def test_rows_are_whole_however_the_pieces_are_cut() -> None:
    whole = TITLES + b"".join(ROWS)
    for size in range(1, len(whole)):
        rows = Rows("csv")
        rows.begin()
        assert b"".join(rows.feed(whole[at : at + size]) for at in range(0, len(whole), size)) == whole
        assert rows.cursor == "c2"
