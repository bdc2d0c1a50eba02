"""Items as files."""

import csv
import io
import json
from collections.abc import AsyncIterator

import pytest

from services.api.exports import Format, Row, Rows, csv_line, header, render
from services.api.items import item_view
from services.api.records import ItemError
from services.api.responses import ItemView
from services.api.tables import ITEM_COLUMNS
from shared.jobs import ItemStatus
from tests.unit.api.builders import HOME, NOW, asin, failure, outcome


async def several(count: int) -> AsyncIterator[ItemView]:
    for seq in range(count):
        yield item_view(seq, f"{HOME}:{asin(seq)}", ItemStatus.SUCCEEDED, outcome(seq))


COLUMNS = header(ITEM_COLUMNS)


async def rows(items: AsyncIterator[ItemView]) -> Rows[ItemView]:
    async for item in items:
        yield Row(item, f"after-{item.seq}")


async def whole(items: AsyncIterator[ItemView], form: Format) -> str:
    return b"".join([piece async for piece in render(rows(items), ITEM_COLUMNS, form)]).decode()


async def test_ndjson_has_one_document_a_line() -> None:
    lines = (await whole(several(1_001), Format.NDJSON)).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1_001))
    assert json.loads(lines[-1])["cursor"] == "after-1000"


async def test_csv_has_a_header_and_a_row_each() -> None:
    table = list(csv.reader(io.StringIO(await whole(several(2), Format.CSV))))
    assert table[0] == list(COLUMNS)
    assert table[2] == ["1", asin(1), HOME, "succeeded", "1", "", "", "", NOW.isoformat(), "fetched", "after-1"]


async def test_empty_csv_still_has_its_header() -> None:
    assert await whole(several(0), Format.CSV) == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠x", "\u3000=1"]
)
async def test_text_like_a_formula_is_defused(text: str) -> None:
    error = ItemError(code="odd", message=text, retryable=True)

    async def one() -> AsyncIterator[ItemView]:
        yield item_view(0, f"{HOME}:{asin(0)}", ItemStatus.FAILED, failure(0, error=error))

    row = list(csv.reader(io.StringIO(await whole(one(), Format.CSV), newline="")))[1]
    assert row[COLUMNS.index("error_message")] == f"'{text}"


def test_quotes_and_commas_survive_csv() -> None:
    assert next(csv.reader([csv_line(('say "a, b"', -3)).decode()])) == ['say "a, b"', "-3"]
