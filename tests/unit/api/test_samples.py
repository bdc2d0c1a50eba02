"""Kept pages over HTTP: for operators, never shown as ours."""

import gzip

import httpx
import pytest

from tests.unit.api.builders import bearer, page_sample
from tests.unit.api.conftest import World
from tests.unit.api.test_http import problem

PAGE = "<html>価格</html>".encode()
OPERATOR = bearer("root", "operator")
KEPT = page_sample(1).id


@pytest.fixture
def kept(world: World) -> World:
    world.samples.samples = [page_sample(n) for n in (2, 1, 3)] + [page_sample(4, reason="changed_layout")]
    world.samples.bodies = {KEPT: gzip.compress(PAGE)}
    return world


@pytest.mark.parametrize("path", ["", f"/{KEPT}", f"/{KEPT}/body"])
async def test_kept_pages_are_for_operators(client: httpx.AsyncClient, kept: World, path: str) -> None:
    problem(await client.get(f"/v1/page-samples{path}", headers=bearer()), 403, "insufficient_scope")
    assert (await client.get(f"/v1/page-samples{path}", headers=OPERATOR)).status_code == 200


async def test_kept_pages_come_newest_first_and_page(client: httpx.AsyncClient, kept: World) -> None:
    params = {"reason": "fields_missing", "limit": "2"}
    first = await client.get("/v1/page-samples", params=params, headers=OPERATOR)
    rest = await client.get(first.headers["link"].partition(">")[0][1:], headers=OPERATOR)
    assert [s["id"] for s in first.json()["items"] + rest.json()["items"]] == [page_sample(n).id for n in (3, 2, 1)]
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "WyJ4IiwieSJd", "WyIyMDI2LTExLTIzVDA2OjAwOjAwIiwieSJd"])
async def test_cursor_of_no_list_is_refused(client: httpx.AsyncClient, kept: World, cursor: str) -> None:
    problem(await client.get("/v1/page-samples", params={"cursor": cursor}, headers=OPERATOR), 422, "invalid_request")


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
async def test_page_is_downloaded_byte_for_byte(client: httpx.AsyncClient, kept: World, encoding: str) -> None:
    headers = {**OPERATOR, "Accept-Encoding": encoding}
    answer = await client.get(f"/v1/page-samples/{KEPT}/body", headers=headers)
    assert answer.content == PAGE
    assert ("content-encoding" in answer.headers) == ("gzip" in encoding)


async def test_page_is_never_shown_as_one_of_ours(client: httpx.AsyncClient, kept: World) -> None:
    headers = (await client.get(f"/v1/page-samples/{KEPT}/body", headers=OPERATOR)).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment")
    assert (headers["content-security-policy"], headers["x-content-type-options"]) == ("sandbox", "nosniff")


@pytest.mark.parametrize("path", ["nothing", "nothing/body"])
async def test_page_that_is_gone_is_not_found(client: httpx.AsyncClient, kept: World, path: str) -> None:
    problem(await client.get(f"/v1/page-samples/{path}", headers=OPERATOR), 404, "page_sample_not_found")
