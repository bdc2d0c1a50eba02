"""Cursors come back as they were given out, or are refused."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api import cursors
from services.api.problems import Problem
from services.api.products import Position, ProductSort, SortValue, decode_position, encode_position


@given(st.text(), st.integers(-cursors.MOST, cursors.MOST))
def test_parts_come_back_as_given(text: str, number: int) -> None:
    assert cursors.decode(cursors.encode(text, number), str, int) == [text, number]


@given(st.text(max_size=60))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        cursors.decode(text, str, str, str)
    assert [error.field for error in caught.value.errors] == ["cursor"]


@pytest.mark.parametrize(
    "cursor", [cursors.encode(1), cursors.encode("a", "b"), cursors.encode(None), "WyJcdWQ4MDAiXQ"]
)
def test_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(Problem):
        cursors.decode(cursor, str)


@pytest.mark.parametrize("number", [True, False, 2**63, -(10**100)])
def test_number_that_was_never_given_out_is_refused(number: int) -> None:
    with pytest.raises(Problem):
        cursors.decode(cursors.encode(number), int)


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        (ProductSort.NEWEST, datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)),
        (ProductSort.CHEAPEST, Decimal("12.10")),
        (ProductSort.TITLE, "任天堂"),
        (ProductSort.DEAREST, None),
    ],
)
def test_position_keeps_its_exact_value(sort: ProductSort, value: SortValue) -> None:
    position = Position(value, "ann:amazon.co.jp:B000000001")
    found = decode_position(sort, encode_position(sort, position))
    assert (found, str(found.value)) == (position, str(value))


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("price", "1E+9999"),
        ("price", "1" * 50),
        ("price", "0." + "1" * 50),
        ("collected_at", "0001-01-01T00:00:00+23:00"),
        ("price", "NaN"),
        ("price", "x"),
        ("collected_at", "yesterday"),
        ("collected_at", "2026-01-01"),
        ("-title", "a"),
    ],
)
def test_impossible_position_is_refused(sort: str, text: str) -> None:
    wanted = ProductSort.TITLE if "title" in sort else ProductSort(sort)
    with pytest.raises(Problem):
        decode_position(wanted, cursors.encode(sort, text, "id"))
