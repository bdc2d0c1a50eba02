"""ASINs as people keep them in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.errors import CliError
from cli.inputs import asins_in, read_asins

BOTH = ["B000000001", "B000000002"]


@pytest.mark.parametrize(
    "text",
    [
        "B000000001\nB000000002\n",
        "B000000001\r\nB000000002",
        "B000000001, B000000002",
        "B000000001;B000000002",
        "asin\nB000000001\nB000000002\n",
        "# mine\nB000000001  # first\n\nB000000002\n",
        "sku,ASIN,title\n1,B000000001,a\n2,B000000002,b\n",
        'title;asin\n"a;b";B000000001\nc;B000000002\n',
        "title\tasin\na\tB000000001\nb\tB000000002\n",
        '{"asin": "B000000001", "x": 1}\n\n{"asin": "B000000002"}\n',
        '"B000000001"\n"B000000002"\n',
        '["B000000001", {"asin": "B000000002"}]',
    ],
    ids=[
        "lines", "crlf", "commas", "semicolons", "heading", "comments", "csv", "csv-semicolon", "tsv", "ndjson",
        "json-strings", "json-list",
    ],
)  # fmt: skip
def test_every_form_names_the_same_products(text: str) -> None:
    assert asins_in(text) == BOTH


def test_csv_without_an_asin_column_takes_the_first() -> None:
    assert asins_in("code,title\nB000000001,a\nB000000002,b\n", is_table=True) == BOTH
    assert asins_in("B000000001,a\nB000000002,b\n", is_table=True) == BOTH


def test_marketplace_beside_an_asin_is_kept() -> None:
    wanted = ["https://www.amazon.de/dp/B000000001", "B000000002"]
    assert asins_in("asin,marketplace\nB000000001,amazon.de\nB000000002,\n") == wanted
    assert asins_in('{"asin":"B000000001","marketplace":"amazon.de"}\n{"asin":"B000000002"}') == wanted


def test_address_with_commas_and_a_fragment_stays_whole() -> None:
    address = "https://www.amazon.co.jp/dp/B000000001?a=1,2#x"
    assert asins_in(f"{address}\n") == [address]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "list.csv").write_text("asin,商品\nB000000001,本\nB000000002,箱\n", encoding=encoding)
    assert read_asins(str(tmp_path / "list.csv")) == BOTH


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"asin":"B000000001"}\n{broken', "line 2 is not JSON"),
        ('{"asin":"B000000001"}\n{"title": 1}', "has no asin"),
        ("\n \n", "names no ASIN"),
    ],
)
def test_unusable_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list").write_text(text)
    with pytest.raises(CliError, match=message):
        read_asins(str(tmp_path / "list"))


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\x00B000000001\n\x1b[2J")
    with pytest.raises(CliError, match="no text file"):
        read_asins(str(tmp_path / "program"))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="none cannot be read: No such file"):
        read_asins(str(tmp_path / "none"))
