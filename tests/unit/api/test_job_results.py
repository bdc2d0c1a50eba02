"""What a job came to, over HTTP: products in its order, failures by kind, files that can be continued."""

import csv
import io
import json
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from services.api import parquet
from services.api.records import Account
from services.api.tables import ITEM_COLUMNS, RESULT_COLUMNS
from shared.jobs import JobStatus
from tests.unit.api.builders import HOME, asin, bearer, failure, job, outcome, product
from tests.unit.api.conftest import World


def collected(world: World, count: int = 5, **changes: Any) -> str:
    """The path of a job whose items have all succeeded but every third, which failed."""
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(count)]
    world.items.finish(*(failure(seq) if seq % 3 == 2 else outcome(seq) for seq in range(count)))
    for number in range(count):
        stored = product(number, price=number, features=["=1+1", "b"])
        world.products.products[stored["_id"]] = stored
    return f"/v1/jobs/{world.jobs.put(job(total_items=count, fed=count, **changes)).id}"


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> httpx.Response:
    response = await client.get(path, params=params, headers=bearer())
    assert response.status_code == 200, response.text
    return response


async def test_results_come_in_the_order_of_the_job(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world) + "/results"
    first = (await get(client, path, limit=3)).json()
    rest = (await get(client, path, cursor=first["next_cursor"])).json()
    assert [(r["seq"], r["asin"]) for r in first["items"] + rest["items"]] == [(s, asin(s)) for s in (0, 1, 3, 4)]
    assert rest["next_cursor"] is None


async def test_deleted_product_and_that_of_another_are_left_out(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world) + "/results"
    del world.products.products[f"ann:{HOME}:{asin(1)}"]
    world.products.products[f"ann:{HOME}:{asin(3)}"]["user_id"] = "bob"
    assert [r["seq"] for r in (await get(client, path)).json()["items"]] == [0, 4]


async def test_failures_are_counted_by_kind(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world, 12) + "/errors"
    page = (await get(client, path, limit=2)).json()
    assert [item["seq"] for item in page["items"]] == [2, 5]
    assert page["groups"] == [
        {"code": "not_found", "retryable": False, "count": 4, "message": "There is no such product."}
    ]
    rest = (await get(client, path, cursor=page["next_cursor"])).json()
    assert [item["seq"] for item in rest["items"]] == [8, 11]


async def test_failure_made_good_by_a_later_run_is_none(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world, 9, run=2, run_items=2, kept=7) + "/errors"
    world.items.places = {2: {2: 0, 5: 1}}
    world.items.finish(outcome(2, run=2))
    page = (await get(client, path)).json()
    assert [item["seq"] for item in page["items"]] == [8]
    assert [group["count"] for group in page["groups"]] == [1]


@pytest.mark.parametrize(("tail", "seqs"), [("/items", [2, 3, 4]), ("/results", [3, 4]), ("/errors", [2])])
async def test_broken_stream_is_continued_from_its_last_row(
    client: httpx.AsyncClient, world: World, tail: str, seqs: list[int]
) -> None:
    path = collected(world) + tail
    whole = [json.loads(line) for line in (await get(client, path, format="ndjson")).text.splitlines()]
    cursor = next((row["cursor"] for row in reversed(whole) if row["seq"] < 2), None)
    params = {"format": "ndjson", **({"cursor": cursor} if cursor else {})}
    rest = [json.loads(line) for line in (await get(client, path, **params)).text.splitlines()]
    assert [row["seq"] for row in rest] == seqs
    table = list(csv.DictReader(io.StringIO((await get(client, path, **{**params, "format": "csv"})).text)))
    assert [(int(row["seq"]), row["cursor"]) for row in table] == [(row["seq"], row["cursor"]) for row in rest]


async def test_parquet_holds_the_same_rows(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 2)
    path = collected(world)
    results = await get(client, f"{path}/results", format="parquet")
    table = pyarrow.parquet.ParquetFile(io.BytesIO(results.content))
    rows = table.read().to_pylist()
    assert [(r["seq"], r["asin"], r["price"]) for r in rows] == [(s, asin(s), float(s)) for s in (0, 1, 3, 4)]
    assert (table.num_row_groups, table.schema_arrow.names) == (2, [*(c.name for c in RESULT_COLUMNS), "cursor"])
    items = await get(client, f"{path}/items", format="parquet")
    assert items.headers["content-disposition"].endswith('-items.parquet"')
    found = pyarrow.parquet.read_table(io.BytesIO(items.content)).to_pylist()
    assert [row["error_code"] for row in found] == [None, None, "not_found", None, None]
    empty = await get(client, f"{path}/items", format="parquet", status="queued")
    assert pyarrow.parquet.read_table(io.BytesIO(empty.content)).num_columns == len(ITEM_COLUMNS) + 1


async def test_parquet_without_its_extra_is_refused(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "is_available", lambda: False)
    refused = await client.get(f"{collected(world)}/items", params={"format": "parquet"}, headers=bearer())
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "format_unavailable")


async def test_books_are_open_to_their_owner_only(client: httpx.AsyncClient, world: World) -> None:
    path = collected(world, status=JobStatus.COMPLETED) + "/audit"
    world.items.account = Account(
        rev=1,
        run=1,
        status=JobStatus.COMPLETED,
        total_items=5,
        success_count=4,
        error_count=1,
        ledger=world.items.ledger,
    )
    found = (await get(client, path)).json()
    assert (found["balanced"], found["derived"]["succeeded"], found["derived"]["failed"]) == (True, 4, 1)
    assert (await client.get(path, headers=bearer("bob"))).status_code == 404
