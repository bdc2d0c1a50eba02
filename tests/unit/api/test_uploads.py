"""Lists are read in any form, in pieces of any size, and each product counts once."""

import json
import random
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.keyset import ProductSet
from services.api.lines import MAX_LINE, READERS, Splitter, Unreadable
from services.api.multipart import form_file
from services.api.problems import Problem
from services.api.requests import BulkOptionsRequest
from services.api.submission import Tally, bulk_options
from services.api.uploads import UploadReader
from shared.amazon.identifiers import Item
from tests.unit.api.builders import HOME, api_settings, asin

A, B = asin(1), asin(2)
CSV = f'title;"asin";marketplace\r\n"a; ""quoted""\r\nname";{A};amazon.de\r\n;;\r\nplain;{B};\r\n'


def reader(media_type: str, **settings: Any) -> UploadReader:
    found = api_settings(**settings)
    return UploadReader(media_type, bulk_options(BulkOptionsRequest(), found), found)


def read(media_type: str, data: bytes, size: int = 65_536, **settings: Any) -> tuple[list[str], UploadReader]:
    into = reader(media_type, **settings)
    keys = [key for start in range(0, len(data), size) for key in into.feed(data[start : start + size])]
    return keys + into.finish(), into


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        ("text/plain", f"{A}\r\n\n# all of them\n {B}, {A} # twice\n", [f"{HOME}:{A}", f"{HOME}:{B}"]),
        ("text/plain", f"https://www.amazon.de/dp/{A}?a=1,2", [f"amazon.de:{A}"]),
        ("text/csv", f"{A}\n{B}", [f"{HOME}:{A}", f"{HOME}:{B}"]),
        ("text/csv", f"name,url\nx,https://www.amazon.fr/dp/{A}\n", [f"amazon.fr:{A}"]),
        ("text/csv", f"Product\n{A}\n", [f"{HOME}:{A}"]),
        ("text/csv", CSV, [f"amazon.de:{A}", f"{HOME}:{B}"]),
        (
            "application/x-ndjson",
            f'"{A}"\n\n{{"asin": "{B}", "marketplace": "amazon.de"}}',
            [f"{HOME}:{A}", f"amazon.de:{B}"],
        ),
        ("application/jsonl", f'{{"url": "https://www.amazon.it/dp/{A}"}}\n', [f"amazon.it:{A}"]),
        ("text/plain", f"# all\r{A}\r\r\n{B}\r", [f"{HOME}:{A}", f"{HOME}:{B}"]),
        ("text/csv", f"asin\r{A}\r", [f"{HOME}:{A}"]),
        ("text/csv", f'asin,title\r{A},"a\rb"\r\n{B},c\r', [f"{HOME}:{A}", f"{HOME}:{B}"]),
        ("application/x-ndjson", f'"{A}"\r{{"asin": "{B}"}}\r', [f"{HOME}:{A}", f"{HOME}:{B}"]),
        ("text/csv", f"url,asin\nhttps://www.amazon.fr/dp/{A},\n,{B}\n", [f"amazon.fr:{A}", f"{HOME}:{B}"]),
        (
            "application/x-ndjson",
            f'{{"asin": " ", "url": "https://www.amazon.fr/dp/{A}"}}\n',
            [f"amazon.fr:{A}"],
        ),
    ],
)
def test_list_is_read_in_its_form_in_pieces_of_any_size(
    media_type: str, text: str, expected: list[str], size: int
) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read(media_type, text.encode(encoding), size)[0] == expected


@pytest.mark.parametrize(
    ("media_type", "line", "code"),
    [
        ("application/x-ndjson", "{", "json_invalid"),
        ("application/x-ndjson", '{"name": 1}', "no_asin"),
        ("application/x-ndjson", "17", "no_asin"),
        ("text/plain", "nonsense!", "length"),
        ("text/csv", f"x{'y' * MAX_LINE}", "line_too_long"),
        ("text/csv", f"{A},amazon.nowhere", "unknown_marketplace"),
    ],
)
def test_line_that_names_no_product_is_told(media_type: str, line: str, code: str) -> None:
    heading = "asin,marketplace\n" if media_type == "text/csv" else ""
    good = json.dumps(B) if media_type == "application/x-ndjson" else B
    keys, found = read(media_type, f"{heading}{line}\n{good}\n".encode(), 1_000)
    assert keys == [f"{HOME}:{B}"]
    assert (found.tally, len(found.invalid)) == (Tally(accepted=1, invalid=1), 1)
    assert len(found.invalid[0].input) <= 200
    if code != "unknown_marketplace":
        assert found.invalid[0].code == code


@pytest.mark.parametrize(
    ("text", "accepted", "told"),
    [
        (f'title,asin\n5" screen,{A}\nItem 3,{B}\n', 2, []),
        (f'title\tasin\n5" screen\t{A}\nItem 3\t{B}\n', 2, []),
        (f'asin,title\n{A},5" screen\n{B},Item 3\n', 2, []),
        (f'title,asin\n"5" screen",{A}\n"a ""b"" c",{B}\n', 2, []),
        (f'asin\n"{A}\n{B}\n', 1, [f'"{A}']),
        (f'title,asin\n"5 screen,{A}\nItem 3,{B}\n"x\ny",{asin(3)}\n', 2, [f'"5 screen,{A}']),
        (f'asin,title\n"{A}\n{B},"x\ny"\n', 1, [f'"{A}']),
        (f'asin\n"{A}\n{B}\n{asin(3)}"\n', 2, [f'"{A}']),
        (f'"asin\n{A}\n', 1, ['"asin']),
        ("asin\n" + f'"{A}\n' + "".join(f"{asin(n)}\n" for n in range(10, 508)), 498, [f'"{A}']),
    ],
)
def test_stray_quote_takes_no_other_line_with_it(text: str, accepted: int, told: list[str]) -> None:
    for size in (7, 65_536):
        _, found = read("text/csv", text.encode(), size)
        assert [line.input for line in found.invalid] == told
        assert found.tally == Tally(accepted=accepted, invalid=len(told))


@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        ("text/csv", "asin,marketplace\n\nno product,amazon.co.jp\n", (3, "no product", "form")),
        ("text/csv", f"asin,marketplace\n{A},Amazon.Nowhere\n", (2, A, "marketplace")),
        ("text/csv", f'title,asin\n"a\nb",{A}\n"c\nd",xyz\n', (4, "xyz", "length")),
        ("text/csv", f'asin\n{A}\n"{A}\nb07x\n', (3, f'"{A}', "quote_unclosed")),
        ("text/plain", f"# mine\n{A} b07x\n", (2, "b07x", "length")),
        ("text/plain", f"{A}\n{'x' * 70_000}\n", (2, "x" * 200, "line_too_long")),
        ("application/x-ndjson", '"B000000001"\n{"asin": "b07x", "marketplace": "amazon.de"}', (2, "b07x", "length")),
        ("application/x-ndjson", '\n{"x": 1}', (2, '{"x": 1}', "no_asin")),
    ],
)
def test_line_that_names_no_product_is_told_as_it_was_sent_with_its_number(
    media_type: str, text: str, expected: tuple[int, str, str]
) -> None:
    good = json.dumps(B) if media_type == "application/x-ndjson" else B
    _, found = read(media_type, f"{text}\n{good}\n".encode(), 50)
    told = found.invalid[0]
    assert (told.line, told.input, told.code) == expected
    assert "B07X" not in told.message


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
def test_line_end_within_a_cell_costs_its_own_line(size: int) -> None:
    _, found = read("text/csv", f"asin,t\n{A},a\rbad\n{B},c\n".encode(), size)
    assert found.tally == Tally(accepted=2, invalid=1)
    assert [(line.line, line.input, line.code) for line in found.invalid] == [(3, "bad", "length")]


def test_lines_are_cut_alike_wherever_pieces_end() -> None:
    short = "a\rb\r\nc\n\rd\r\r\n"
    long = short + "x" * MAX_LINE + "\r" + "y" * (MAX_LINE + 1) + "\rz\r"
    for text, sizes in ((short, (1, 2, 3, 7)), (long, (999, MAX_LINE, MAX_LINE + 1))):
        whole = list(Splitter().feed(text.encode(), last=True))
        assert whole[:6] == ["a", "b", "c", "", "d", ""]
        for size in sizes:
            splitter = Splitter()
            pieces = (text[start : start + size].encode() for start in range(0, len(text), size))
            lines = [line for piece in pieces for line in splitter.feed(piece)]
            assert [*lines, *splitter.feed(b"", last=True)] == whole
    assert [type(line) for line in whole[6:]] == [str, Unreadable, str, str]


STRANGE = st.text(st.sampled_from("B0C8TAT96S,;\t\"'\r\n\x00\x0b\x1c\x85\u2028\ufeff \\{}[]:"), max_size=60)


@given(STRANGE, st.sampled_from(sorted(READERS)), st.integers(1, 9))
def test_whatever_a_list_holds_costs_lines_only(text: str, media_type: str, size: int) -> None:
    """The good line ahead is taken, whatever follows."""
    heading = json.dumps(B) if "json" in media_type else B
    data = f"{heading}\n{text}".encode()
    into = reader(media_type)
    keys = [key for start in range(0, len(data), size) for key in into.feed(data[start : start + size])]
    assert (keys + into.finish())[0] == f"{HOME}:{B}"


def test_empty_list_is_called_empty() -> None:
    with pytest.raises(Problem) as refused:
        read("text/csv", b"asin\n")
    assert refused.value.code == "no_valid_items"
    assert "empty" in refused.value.detail


def test_line_that_is_too_long_ends_the_record_that_is_open() -> None:
    _, found = read("text/csv", f'title,asin\n"a,{A}\n{"x" * (MAX_LINE + 1)}\nb",{B}\n'.encode())
    assert [line.code for line in found.invalid] == ["quote_unclosed", "line_too_long"]
    assert found.tally == Tally(accepted=1, invalid=2)


def test_line_without_an_end_takes_no_memory() -> None:
    splitter = Splitter()
    lines = [line for _ in range(100) for line in splitter.feed(b"x" * 10_000)] + list(
        splitter.feed(b"\nok", last=True)
    )
    assert [type(line) for line in lines] == [Unreadable, str]
    assert lines[1] == "ok"


def test_list_beyond_the_limit_is_refused_as_soon_as_it_is() -> None:
    into = reader("text/plain", max_items_per_job=2)
    into.feed(f"{A}\nbad\n".encode())
    with pytest.raises(Problem) as refused:
        into.feed(f"{B}\n".encode())
    assert refused.value.errors[0].code == "too_many"


def test_only_the_first_thousand_bad_lines_are_kept_and_all_are_counted() -> None:
    _, found = read("text/plain", b"bad\n" * 5_000 + A.encode())
    assert (found.tally.invalid, len(found.invalid)) == (5_000, 1_000)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([HOME, "amazon.com", "amazon.de"])), max_size=300))
def test_set_of_products_is_exact(items: list[tuple[int, str]]) -> None:
    found, plain = ProductSet(), set[Item]()
    for number, marketplace in items:
        item = Item(asin(number), marketplace)
        assert found.add(item) is (item not in plain)
        plain.add(item)
    assert len(found) == len(plain)


def test_two_hundred_thousand_products_take_a_few_megabytes_also_while_the_set_grows() -> None:
    numbers = random.Random(7).sample(range(10**9), 200_000)
    items = [Item(asin(number), HOME) for number in numbers]
    tracemalloc.start()
    try:
        found = ProductSet()
        assert all(found.add(item) for item in items)
        assert not any(found.add(item) for item in items[::100])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4_500_000


def test_every_form_has_a_reader() -> None:
    assert {"text/plain", "text/csv", "application/x-ndjson"} <= READERS.keys()


async def taken(boundary: str, body: bytes) -> bytes:
    """The file of a form whose body comes in small pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    form = form_file(f"multipart/form-data; boundary={boundary}", {"dry_run", "tags"})
    return b"".join([piece async for piece in form.pieces(pieces())])


async def test_form_that_breaks_off_or_cannot_be_read_is_refused() -> None:
    part = f'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n{A}\r\n'.encode()
    empty = b'--b\r\nContent-Disposition: form-data; name="g"; filename=""\r\n\r\n\r\n'
    assert await taken("b", empty + part + empty + b"--b--\r\n") == A.encode()
    for boundary, body, status, code in (
        ("b", part, 422, "multipart_incomplete"),
        ("b", part + part + b"--b--\r\n", 422, "several_files"),
        ("b", empty + b"--b--\r\n", 422, "no_file"),
        ("b", part + b"--b", 422, "multipart_incomplete"),
        ("b", b"--b\r\n" + b"X" * 10_000, 422, "multipart_invalid"),
        ("b" * 500, b"", 415, "unsupported_media_type"),
        ("", b"", 415, "unsupported_media_type"),
    ):
        with pytest.raises(Problem) as caught:
            await taken(boundary, body)
        assert (caught.value.status, [error.code for error in caught.value.errors] or [caught.value.code]) == (
            status,
            [code],
        )


async def test_fields_beside_the_file_are_refused_by_name_wherever_they_are() -> None:
    part = f'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n{A}\r\n'.encode()
    end = b"--b--\r\n"

    def field(name: str) -> bytes:
        return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\ntrue\r\n'.encode()

    for body, name, told in (
        (field("dry_run") + part + end, "dry_run", "?dry_run="),
        (part + field("tags") + end, "tags", "?tags="),
        (field("bogus") + end, "bogus", "not known"),
    ):
        with pytest.raises(Problem) as caught:
            await taken("b", body)
        [error] = caught.value.errors
        assert (caught.value.status, error.field, error.code) == (422, name, "belongs_to_query")
        assert told in error.message


async def test_file_of_a_form_is_read_in_pieces_of_any_kind() -> None:
    text = f"asin\r{A}\r\r\n{B}\r"
    part = f'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n{text}\r\n--b--\r\n'.encode()
    assert await taken("b", part) == text.encode()
