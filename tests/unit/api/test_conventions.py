"""Conventions that every answer keeps, gone through route by route and kind by kind."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from shared.jobs import TERMINAL, JobStatus
from tests.unit.api.builders import HOME, api_settings, asin, bearer, job, outcome, product
from tests.unit.api.conftest import World

MEMBERS = {"type", "title", "status", "detail", "code", "retryable", "request_id", "errors"}
ORIGIN = "https://dashboard.example"


@pytest.fixture
def world() -> World:
    limits = {"user_requests_per_minute": 40, "user_collecting_requests_per_minute": 10}
    world = World(settings=api_settings(cors_origins=ORIGIN, **limits))
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(50)]
    world.items.finish(*(outcome(seq) for seq in range(50)))
    stored = [product(number, title="x" * 100) for number in range(50)]
    world.products.products = {each["_id"]: each for each in stored}
    return world


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, whose form is checked."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document.keys() >= MEMBERS
    assert document["status"] == status
    assert document["request_id"] == response.headers["X-Request-ID"]
    assert document["type"] == f"urn:asinflow:problem:{document['code'].replace('_', '-')}"
    return document


async def test_refusals_of_every_kind_are_problem_documents(client: httpx.AsyncClient, world: World) -> None:
    me, done = bearer(), world.jobs.put(job(status=JobStatus.COMPLETED)).id
    problem(await client.get("/v1/jobs"), 401)
    problem(await client.get("/v1/jobs", headers=bearer("ann", "products:read")), 403)
    problem(await client.get("/v1/jobs/none", headers=me), 404)
    problem(await client.get("/v1/nowhere", headers=me), 404)
    assert "GET" in (await client.put("/v1/jobs", headers=me)).headers["Allow"]
    problem(await client.put("/v1/jobs", headers=me), 405)
    problem(await client.post(f"/v1/jobs/{done}/cancel", headers=me), 409)
    problem(await client.patch(f"/v1/jobs/{done}", json={}, headers={**me, "If-Match": "x"}), 422)
    problem(await client.post("/v1/profit/calculate", content=b"x" * 70_000, headers=me), 413)
    problem(await client.post("/v1/jobs", content="<x/>", headers={**me, "Content-Type": "text/xml"}), 415)
    packed = await client.post("/v1/jobs", content=b"\x1f\x8b", headers={**me, "Content-Encoding": "gzip"})
    assert (problem(packed, 415)["code"], packed.headers["Accept-Encoding"]) == (
        "unsupported_content_encoding",
        "identity",
    )
    broken = problem(
        await client.post("/v1/jobs", content="{", headers={**me, "Content-Type": "application/json"}), 422
    )
    assert broken["errors"]
    world.jobs.down = True
    gone = await client.get("/v1/jobs", headers=me)
    assert problem(gone, 503)["retryable"]
    assert int(gone.headers["Retry-After"]) > 0


async def test_limits_are_told_until_they_are_used_up(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/jobs", headers=bearer())
    assert {"RateLimit", "RateLimit-Policy"} <= {
        name.title().replace("Ratelimit", "RateLimit") for name in first.headers
    }
    for _ in range(50):
        last = await client.get("/v1/jobs", headers=bearer())
    refused = problem(last, 429)
    assert (refused["code"], refused["retryable"]) == ("rate_limited", True)
    assert int(last.headers["Retry-After"]) > 0
    assert "RateLimit" in last.headers
    assert (await client.get("/v1/jobs", headers=bearer("bob"))).status_code == 200


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/products", "/v1/jobs/{job}/items", "/v1/jobs/{job}/results"])
async def test_pages_name_the_next_one(client: httpx.AsyncClient, world: World, path: str) -> None:
    for _ in range(3):
        found = world.jobs.put(job(total_items=50, fed=50)).id
    link, seen = path.format(job=found) + "?limit=2", 0
    while link and seen < 6:
        page = await client.get(link, headers=bearer())
        seen += len(page.json()["items"])
        assert (page.json()["next_cursor"] is None) == ("next" not in page.links)
        link = page.links.get("next", {}).get("url", "")
        assert not link or "limit=2" in link
    assert seen >= 3


async def test_unchanged_job_is_not_sent_again(client: httpx.AsyncClient, world: World) -> None:
    stored = world.jobs.put(job())
    path = f"/v1/jobs/{stored.id}"
    tag = (await client.get(path, headers=bearer())).headers["ETag"]
    again = await client.get(path, headers={**bearer(), "If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    for named in (tag.removeprefix("W/"), "*"):
        assert (await client.get(path, headers={**bearer(), "If-None-Match": named})).status_code == 304
    world.jobs.put(replace(stored, rev=stored.rev + 1))
    assert (await client.get(path, headers={**bearer(), "If-None-Match": tag})).status_code == 200


async def test_whatever_is_read_can_be_asked_for_its_headers(client: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/jobs/{world.jobs.put(job()).id}"
    for each in (path, f"{path}/items?format=csv", f"{path}/events", "/v1/products", "/healthz", "/", "/ui/main.js"):
        answer = await client.head(each, headers=bearer())
        assert (answer.status_code, answer.content) == (200, b""), each
    assert (await client.head(path, headers=bearer())).headers["ETag"]
    assert (await client.head("/v1/jobs/none", headers=bearer())).status_code == 404
    assert (await client.head(f"{path}/cancel", headers=bearer())).status_code == 405


async def test_large_answers_are_compressed_and_other_origins_named(client: httpx.AsyncClient) -> None:
    headers = {**bearer(), "Accept-Encoding": "gzip", "Origin": ORIGIN, "X-Request-ID": "mine-1"}
    page = await client.get("/v1/products", headers=headers)
    assert (page.headers["Content-Encoding"], page.headers["X-Request-ID"]) == ("gzip", "mine-1")
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"RateLimit", "ETag", "Link"} <= set(page.headers["Access-Control-Expose-Headers"].split(", "))
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
    assert (await client.options("/v1/jobs", headers=preflight)).status_code == 200
    stranger = await client.get("/v1/products", headers={**headers, "Origin": "https://else.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("identity, gzip; Q=0.000", False),
        ("gzipped", False),
        ("*;q=0", False),
    ],
)
async def test_answers_are_compressed_for_those_who_take_them_so(
    client: httpx.AsyncClient, accepted: str, packed: bool
) -> None:
    page = await client.get("/v1/products", headers={**bearer(), "Accept-Encoding": accepted})
    assert (page.status_code, page.headers.get("Content-Encoding")) == (200, "gzip" if packed else None)
    assert "Accept-Encoding" in page.headers["Vary"]


async def test_what_two_parts_of_a_route_read_is_told_once(client: httpx.AsyncClient) -> None:
    headers = {**bearer(), "Content-Type": "text/plain"}
    refused = await client.post("/v1/jobs?dry_run=maybe", content=asin(1), headers=headers)
    assert [error["field"] for error in problem(refused, 422)["errors"]] == ["dry_run"]


@pytest.mark.parametrize("status", sorted(TERMINAL))
@pytest.mark.parametrize("step", ["pause", "resume", "cancel", "priority"])
async def test_ended_job_refuses_what_would_change_it(
    client: httpx.AsyncClient, world: World, status: JobStatus, step: str
) -> None:
    path = f"/v1/jobs/{world.jobs.put(job(status=status)).id}"
    if step == "priority":
        answer = await client.patch(path, json={"priority": "high"}, headers=bearer())
    else:
        answer = await client.post(f"{path}/{step}", headers=bearer())
    if (step, status) == ("cancel", JobStatus.CANCELLED):
        assert answer.status_code == 200
        return
    refused = problem(answer, 409)
    assert (refused["code"], refused["job_status"]) == ("job_already_ended", status)
    assert "retry" in refused["allowed"]


async def test_retry_with_an_empty_filter_is_refused(client: httpx.AsyncClient, world: World) -> None:
    ended = world.jobs.put(job(status=JobStatus.COMPLETED, error_count=1, progress=1))
    answer = await client.post(f"/v1/jobs/{ended.id}/retry", json={"error_codes": []}, headers=bearer())
    assert problem(answer, 422)["errors"][0]["field"] == "error_codes"
