"""The API over HTTP: statuses, headers, problems."""

import asyncio
import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api import cursors
from services.api.records import WaitingFor
from services.api.responses import ProblemView
from services.api.submission import understand
from shared.jobs import JobStatus, JobType
from tests.unit.api.builders import HOME, NOW, api_settings, asin, bearer, failure, job, outcome, product
from tests.unit.api.conftest import World

BULK = {"type": "BULK_ASIN", "asins": [asin(1), asin(1), "nonsense"]}


def problem(response: httpx.Response, status: int, code: str) -> ProblemView:
    """Asserts that it is a well-formed problem document of this kind."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    found = ProblemView.model_validate_json(response.content)
    assert (found.status, found.code, found.request_id) == (status, code, response.headers["x-request-id"])
    return found


async def test_submitted_job_is_accepted_with_its_place(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/jobs", json=BULK, headers=bearer())
    body = response.json()
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/jobs/{body['id']}"
    assert int(response.headers["retry-after"]) > 0
    assert (body["status"], body["progress"], body["counts"]) == (
        "PENDING",
        0,
        {"accepted": 1, "duplicate": 1, "invalid": 1},
    )
    assert [line["input"] for line in body["invalid"]] == ["nonsense"]
    assert (await client.get(response.headers["location"], headers=bearer())).json()["id"] == body["id"]


async def test_repeated_request_is_answered_with_the_first_job(client: httpx.AsyncClient) -> None:
    headers = {**bearer(), "Idempotency-Key": "order 66"}
    first = await client.post("/v1/jobs", json=BULK, headers=headers)
    again = await client.post("/v1/jobs", json=BULK, headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert again.json() == first.json()
    quoted = await client.post("/v1/jobs", json=BULK, headers={**bearer(), "Idempotency-Key": '"order 66"'})
    assert quoted.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await client.post("/v1/jobs", json={**BULK, "priority": "low"}, headers=headers)
    problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(("query", "status"), [("", 202), ("?dry_run=true", 200)])
async def test_line_end_within_a_cell_costs_a_line_of_the_list(
    client: httpx.AsyncClient, query: str, status: int
) -> None:
    headers = {**bearer(), "Content-Type": "text/csv"}
    listed = b"asin,t\rB0C8TAT96S,a\rb\nB07WXL5YPW,c\n"
    answer = await client.post(f"/v1/jobs{query}", content=listed, headers=headers)
    assert (answer.status_code, answer.json()["counts"]) == (status, {"accepted": 2, "duplicate": 0, "invalid": 1})


async def test_steps_of_a_job_answer_with_its_tag(client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/jobs", json=BULK, headers=bearer())).json()["id"]
    for step in ("pause", "resume", "cancel"):
        answer = await client.post(f"/v1/jobs/{made}/{step}", headers=bearer())
        there = await client.get(f"/v1/jobs/{made}", headers=bearer())
        assert answer.headers["etag"] == there.headers["etag"], step


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, "\u00e9".encode("latin-1")])
async def test_unusable_key_is_refused(client: httpx.AsyncClient, key: Any) -> None:
    response = await client.post("/v1/jobs", json=BULK, headers={**bearer(), "Idempotency-Key": key})
    assert problem(response, 422, "invalid_request").errors[0].field == "Idempotency-Key"


async def test_body_is_json_or_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/jobs", content=json.dumps(BULK), headers=bearer())
    problem(response, 415, "unsupported_media_type")


async def test_body_over_the_limit_is_refused(world: World) -> None:
    world.settings = api_settings(max_items_per_job=1)
    async with world.client() as client:
        big = await client.post("/v1/jobs", json={"asins": "x" * 70_000}, headers=bearer())
        problem(big, 413, "body_too_large")

        async def endless() -> Any:
            for _ in range(100):
                yield b" " * 1_000

        headers = {**bearer(), "content-type": "application/json"}
        problem(await client.post("/v1/jobs", content=endless(), headers=headers), 413, "body_too_large")


async def test_hundred_thousand_lines_do_not_hold_up_others(client: httpx.AsyncClient, world: World) -> None:
    """The loop must go on meanwhile: no pause of it may come near the time that reading the body takes."""
    body = json.dumps({"type": "BULK_ASIN", "asins": [asin(number) for number in range(100_000)]}).encode()
    started = time.perf_counter()
    understand(body, world.settings)
    reading = time.perf_counter() - started
    pauses = []
    for _ in range(3):  # one of them without a pause that the machine has made
        response, longest_pause = await _longest_pause(client, body)
        assert (response.status_code, response.json()["counts"]["accepted"]) == (202, 100_000)
        assert len(world.jobs.sources[response.json()["id"]]) == 100_000
        pauses.append(longest_pause)
        if longest_pause < 0.7 * reading:
            break
    assert min(pauses) < 0.7 * reading


async def _longest_pause(client: httpx.AsyncClient, body: bytes) -> tuple[httpx.Response, float]:
    """The answer to a job, and the longest time for which nothing else could run meanwhile."""
    headers = {**bearer(), "Content-Type": "application/json"}
    request = asyncio.create_task(client.post("/v1/jobs", content=body, headers=headers))
    longest_pause, last = 0.0, time.perf_counter()
    while not request.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest_pause, last = max(longest_pause, now - last), now
    return await request, longest_pause


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/jobs", "jobs:write"),
        ("GET", "/v1/jobs", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}/items", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}/events", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}/errors", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}/results", "jobs:read"),
        ("GET", f"/v1/jobs/{'0' * 32}/audit", "jobs:read"),
        ("POST", f"/v1/jobs/{'0' * 32}/cancel", "jobs:write"),
        ("GET", "/v1/products", "products:read"),
        ("GET", f"/v1/products/{HOME}/{asin(1)}", "products:read"),
    ],
)
async def test_every_route_asks_for_its_scope(client: httpx.AsyncClient, method: str, path: str, scope: str) -> None:
    unknown = await client.request(method, path)
    problem(unknown, 401, "unauthorized")
    assert unknown.headers["www-authenticate"] == "Bearer"
    others = {"jobs:read", "jobs:write", "products:read", "products:write", "operator"} - {scope}
    refused = await client.request(method, path, headers=bearer("ann", *others))
    problem(refused, 403, "insufficient_scope")
    assert (await client.request(method, path, headers=bearer("ann", scope))).status_code not in {401, 403}


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("GET", "/items"), ("GET", "/events"), ("POST", "/cancel")])
async def test_job_of_another_user_does_not_exist(
    client: httpx.AsyncClient, world: World, method: str, tail: str
) -> None:
    theirs = world.jobs.put(job(user_id="bob"))
    problem(await client.request(method, f"/v1/jobs/{theirs.id}{tail}", headers=bearer()), 404, "job_not_found")
    problem(await client.request(method, f"/v1/jobs/nonsense{tail}", headers=bearer()), 404, "job_not_found")


async def test_unchanged_job_need_not_be_sent_again(client: httpx.AsyncClient, world: World) -> None:
    stored = world.jobs.put(job(rev=4))
    path = f"/v1/jobs/{stored.id}"
    tag = (await client.get(path, headers=bearer())).headers["etag"]
    assert tag.startswith('W/"4-')
    same = await client.get(path, headers={**bearer(), "If-None-Match": f'W/"3", {tag}'})
    changed = await client.get(path, headers={**bearer(), "If-None-Match": 'W/"3"'})
    assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)
    pause = WaitingFor(HOME, NOW)
    world.jobs.put(replace(stored, waiting_for=pause, delayed_by=(pause,)))
    waits = await client.get(path, headers={**bearer(), "If-None-Match": tag})
    assert (waits.status_code, waits.json()["delayed_by"][0]["marketplace"]) == (200, HOME)
    urgent = {"json": {"priority": "high"}, "headers": {**bearer(), "If-Match": tag}}
    assert (await client.patch(path, **urgent)).status_code == 200, "what it waits for is no change of the job"
    assert (await client.patch(path, **urgent)).status_code == 412


async def test_job_list_pages_to_its_end(client: httpx.AsyncClient, world: World) -> None:
    ids = [world.jobs.put(job()).id for _ in range(5)]
    world.jobs.put(job(user_id="bob"))
    seen: list[str] = []
    path: str | None = "/v1/jobs?limit=2&status=PROCESSING"
    while path:
        response = await client.get(path, headers=bearer())
        seen += [entry["id"] for entry in response.json()["items"]]
        path = response.headers.get("link", "").partition(">")[0].removeprefix("<") or None
        assert (path is None) is (response.json()["next_cursor"] is None)
    assert seen == ids[::-1]


async def test_job_list_is_filtered(client: httpx.AsyncClient, world: World) -> None:
    wanted = world.jobs.put(job(type=JobType.URL, request={"url": "x", "max_results": 5}, status=JobStatus.FAILED))
    world.jobs.put(job(type=JobType.URL, request={"url": "x", "max_results": 5}))
    response = await client.get("/v1/jobs?type=URL&status=FAILED", headers=bearer())
    assert [entry["id"] for entry in response.json()["items"]] == [wanted.id]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/jobs?limit=201", "limit"),
        ("/v1/jobs?limit=x", "limit"),
        ("/v1/jobs?status=DONE", "status"),
        ("/v1/jobs?cursor=%00", "cursor"),
        ("/v1/products?sort=rating", "sort"),
        ("/v1/products?q=%00", "q"),
        ("/v1/products?cursor=abc", "cursor"),
        ("/v1/jobs?status[$ne]=COMPLETED", "status[$ne]"),
        ("/v1/jobs?foo=1", "foo"),
        ("/v1/products?min_price=abc", "min_price"),
        ("/v1/jobs?status=COMPLETED&status=FAILED", "status"),
    ],
)
async def test_bad_parameter_is_named(client: httpx.AsyncClient, path: str, field: str) -> None:
    found = problem(await client.get(path, headers=bearer()), 422, "invalid_request")
    assert [error.field for error in found.errors] == [field]


async def test_cancelled_job_is_the_answer(client: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/jobs/{world.jobs.put(job(progress=1, success_count=1)).id}/cancel"
    for _ in range(2):
        response = await client.post(path, headers=bearer())
        assert (response.status_code, response.json()["status"]) == (200, "CANCELLED")
        assert response.json()["cancelled_count"] == 2
    ended = world.jobs.put(job(status=JobStatus.COMPLETED))
    problem(await client.post(f"/v1/jobs/{ended.id}/cancel", headers=bearer()), 409, "job_already_ended")


async def test_items_page_to_their_end(client: httpx.AsyncClient, world: World) -> None:
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(5)]
    world.items.finish(outcome(0), failure(1))
    path = f"/v1/jobs/{world.jobs.put(job(total_items=5, fed=3)).id}/items"
    first = (await client.get(path, params={"limit": 3}, headers=bearer())).json()
    rest = (await client.get(path, params={"cursor": first["next_cursor"]}, headers=bearer())).json()
    assert [(item["seq"], item["status"]) for item in first["items"] + rest["items"]] == [
        (0, "succeeded"),
        (1, "failed"),
        (2, "running"),
        (3, "queued"),
        (4, "queued"),
    ]
    assert first["items"][1]["error"]["code"] == "not_found"
    assert rest["next_cursor"] is None
    failed = (await client.get(path, params={"status": "failed"}, headers=bearer())).json()
    assert [item["seq"] for item in failed["items"]] == [1]


@pytest.mark.parametrize("seq", [-1, 2**70, "1", None])
async def test_impossible_place_among_items_is_refused(client: httpx.AsyncClient, world: World, seq: Any) -> None:
    path = f"/v1/jobs/{world.jobs.put(job()).id}/items"
    refused = await client.get(path, params={"cursor": cursors.encode(seq)}, headers=bearer())
    assert problem(refused, 422, "invalid_request").errors[0].field == "cursor"


async def test_longest_title_fits_into_a_cursor(client: httpx.AsyncClient, world: World) -> None:
    stored = [product(number, title="長" * 1_000) for number in (1, 2)]
    world.products.products = {p["_id"]: p for p in stored}
    params = {"sort": "title", "limit": "1"}
    page = (await client.get("/v1/products", params=params, headers=bearer())).json()
    rest = await client.get("/v1/products", params={**params, "cursor": page["next_cursor"]}, headers=bearer())
    assert [p["asin"] for p in page["items"] + rest.json()["items"]] == [asin(2), asin(1)]


async def test_items_are_exported_as_files(client: httpx.AsyncClient, world: World) -> None:
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(3)]
    found = world.jobs.put(job())
    ndjson = await client.get(f"/v1/jobs/{found.id}/items?format=ndjson", headers=bearer())
    csv = await client.get(f"/v1/jobs/{found.id}/items?format=csv", headers=bearer())
    assert ndjson.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["seq"] for line in ndjson.text.splitlines()] == [0, 1, 2]
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.headers["content-disposition"] == f'attachment; filename="{found.id}-items.csv"'
    assert len(csv.text.splitlines()) == 4


async def test_ended_job_is_streamed_to_its_end(client: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/jobs/{world.jobs.put(job(status=JobStatus.COMPLETED, rev=9)).id}/events"
    response = await client.get(path, headers=bearer())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    events = [line for line in response.text.splitlines() if line.startswith("event: ")]
    assert events == ["event: snapshot", "event: completed"]
    again = await client.get(path, headers={**bearer(), "Last-Event-ID": "9"})
    assert (again.status_code, again.content) == (204, b"")


async def test_too_many_streams_are_a_problem_not_a_broken_stream(client: httpx.AsyncClient, world: World) -> None:
    running = world.jobs.put(job())
    with world.live.listen("ann", "a"), world.live.listen("ann", "b"):
        problem(await client.get(f"/v1/jobs/{running.id}/events", headers=bearer()), 429, "too_many_streams")


async def test_money_is_printed_exactly(client: httpx.AsyncClient, world: World) -> None:
    analysis = {"rate": {"value": Decimal("9.34")}, "steps": [Decimal(1200)]}
    stored = product(1, price=Decimal("1999.90"), list_price=Decimal(32978), rating=4.5, analysis=analysis)
    world.products.products[stored["_id"]] = stored
    response = await client.get(f"/v1/products/{HOME}/{asin(1).lower()}", headers=bearer())
    assert '"price":1999.9,' in response.text
    assert '"list_price":32978,' in response.text
    assert '"analysis":{"rate":{"value":9.34},"steps":[1200]}' in response.text
    assert response.json()["url"] == f"https://www.amazon.co.jp/dp/{asin(1)}"


@pytest.mark.parametrize("path", [f"{HOME}/{asin(9)}", f"{HOME}/nonsense", f"nowhere/{asin(1)}"])
async def test_unknown_product_is_not_found(client: httpx.AsyncClient, world: World, path: str) -> None:
    world.products.products = {p["_id"]: p for p in (product(1), product(9, user="bob"))}
    problem(await client.get(f"/v1/products/{path}", headers=bearer()), 404, "product_not_found")


async def test_products_page_in_the_order_asked_for(client: httpx.AsyncClient, world: World) -> None:
    prices = {1: Decimal("5.50"), 2: None, 3: Decimal("5.50"), 4: Decimal(1)}
    stored = [product(number, price=price) for number, price in prices.items()]
    world.products.products = {p["_id"]: p for p in stored}
    seen: list[str] = []
    params = {"sort": "-price", "limit": "1"}
    while True:
        page = (await client.get("/v1/products", params=params, headers=bearer())).json()
        seen += [entry["asin"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [asin(number) for number in (1, 3, 4, 2)]
    wrong = await client.get("/v1/products", params={**params, "sort": "price"}, headers=bearer())
    problem(wrong, 422, "invalid_request")


async def test_database_away_is_a_passing_problem(client: httpx.AsyncClient, world: World) -> None:
    world.jobs.down = True
    response = await client.post("/v1/jobs", json=BULK, headers=bearer())
    assert problem(response, 503, "database_unavailable").retryable
    assert int(response.headers["retry-after"]) > 0


async def test_unexpected_failure_tells_nothing_of_itself(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(world.jobs, "find_jobs", fail)
    response = await client.get("/v1/jobs", headers=bearer())
    problem(response, 500, "internal_error")
    assert "hunter2" not in response.text


async def test_unknown_path_and_method_are_problems(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v2/jobs"), 404, "not_found")
    refused = await client.put("/v1/jobs")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, POST"


async def test_request_id_of_the_client_is_kept_if_sane(client: httpx.AsyncClient) -> None:
    kept = await client.get("/healthz", headers={"X-Request-ID": "trace-1.a"})
    replaced = await client.get("/healthz", headers={"X-Request-ID": "two words"})
    assert kept.headers["x-request-id"] == "trace-1.a"
    assert len(replaced.headers["x-request-id"]) == 32


async def test_ready_without_the_broker_but_not_without_the_database(client: httpx.AsyncClient, world: World) -> None:
    world.broker.connected = False
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "database": True, "broker": False})
    world.ready = False
    assert (await client.get("/readyz")).status_code == 503
    assert (await client.get("/healthz")).json() == {"status": "alive"}


async def test_durations_are_counted_by_route_never_by_path(client: httpx.AsyncClient, world: World) -> None:
    found = world.jobs.put(job())
    await client.get(f"/v1/jobs/{found.id}", headers=bearer())
    await client.get("/somewhere/unheard-of")
    text = (await client.get("/metrics")).text
    assert 'duration_seconds_count{method="GET",route="/v1/jobs/{job_id}",status="200"}' in text
    assert 'route="unmatched"' in text
    assert found.id not in text
    assert "unheard-of" not in text


async def test_large_answers_are_compressed(client: httpx.AsyncClient, world: World) -> None:
    for _ in range(10):
        world.jobs.put(job())
    response = await client.get("/v1/jobs", headers={**bearer(), "Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"


async def test_home_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    response = await client.get("/")
    assert "Asinflow" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert 'src="http' not in response.text


async def test_other_origins_are_let_in_by_setting_only(client: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://shop.test"}
    assert "access-control-allow-origin" not in (await client.get("/healthz", headers=headers)).headers
    open_world = World(settings=api_settings(cors_origins="https://shop.test"))
    async with open_world.client() as opened:
        response = await opened.get("/healthz", headers=headers)
    assert response.headers["access-control-allow-origin"] == "https://shop.test"


async def test_clock_of_the_answer_is_the_one_given(client: httpx.AsyncClient, world: World) -> None:
    found = world.jobs.put(job(progress=1, success_count=1))
    assert world.clock.time == NOW
    assert (await client.get(f"/v1/jobs/{found.id}", headers=bearer())).json()["duration_seconds"] == 10.0


@pytest.mark.parametrize("body", [{"asins": ["B07WXL5YPW"]}, {"type": "LIST", "asins": ["B07WXL5YPW"]}])
async def test_request_of_no_known_type_is_told_which_there_are(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    found = problem(await client.post("/v1/jobs", json=body, headers=bearer()), 422, "invalid_request")
    assert [(error.field, error.message) for error in found.errors] == [
        ("type", "must be BULK_ASIN, URL or KEYWORD"),
    ]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/profit/calculate", "/v1/profit/recommend-price"])
async def test_body_that_is_no_json_is_the_field_at_fault(client: httpx.AsyncClient, path: str) -> None:
    headers = {**bearer(), "Content-Type": "application/json"}
    found = problem(await client.post(path, content=b'{"price": 1,', headers=headers), 422, "invalid_request")
    assert [(error.field, error.code) for error in found.errors] == [("body", "json_invalid")]
