"""What users can do with schedules, over HTTP; and what counts as a change from one run to the next."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.deltas import Seen, compare
from shared.jobs import JobStatus
from tests.unit.api.builders import NOW, asin, bearer, job
from tests.unit.api.conftest import World
from tests.unit.api.racing import look_slowly

JOB = {"type": "BULK_ASIN", "asins": [asin(1), asin(1), asin(2)], "tags": ["t"], "metadata": {"a.b": "c"}}
WANTED: dict[str, Any] = {"name": "mornings", "cron": "0 6 * * *", "job": JOB}


@pytest.fixture
async def ann(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        client.headers.update(bearer())
        yield client


async def create(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/v1/schedules", json={**WANTED, **changes})


async def test_schedule_is_due_in_its_time_zone(ann: httpx.AsyncClient, world: World) -> None:
    made = (await create(ann)).json()
    assert (made["timezone"], made["next_runs"][:2]) == ("Asia/Tokyo", ["2026-11-23T21:00:00Z", "2026-11-24T21:00:00Z"])
    assert made["job"]["request"]["count"] == 2
    assert made["job"]["metadata"] == {"a.b": "c"}
    assert world.schedules.schedules[made["id"]]["keys"] == [f"amazon.co.jp:{asin(n)}" for n in (1, 2)]
    berlin = (await create(ann, timezone="Europe/Berlin")).json()
    assert berlin["next_runs"][0] == "2026-11-24T05:00:00Z"


async def test_times_are_told_before_there_is_a_schedule(ann: httpx.AsyncClient, world: World) -> None:
    told = await ann.get("/v1/schedules/times", params={"cron": "0 6 * * *", "timezone": "Europe/Berlin"})
    assert told.json()["next_runs"][:2] == ["2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z"]
    assert (await ann.get("/v1/schedules/times?cron=0 6 * * *")).json()["timezone"] == "Asia/Tokyo"
    refused = await ann.get("/v1/schedules/times", params={"cron": "never"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "cron")
    assert world.schedules.schedules == {}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"cron": "every day"}, "cron", "invalid_cron"),
        ({"cron": "* * * * * *"}, "cron", "invalid_cron"),
        ({"cron": "*/999999999999 * * * *"}, "cron", "value_error"),
        ({"timezone": "Mars/Olympus"}, "timezone", "unknown_timezone"),
        ({"timezone": "../etc/passwd"}, "timezone", "unknown_timezone"),
        ({"job": {"type": "KEYWORD", "keyword": " "}}, "job.keyword", "length"),
        ({"job": {"type": "URL", "url": "https://example.com/"}}, "job.url", None),
        ({"job": {"type": "KEYWORD", "keyword": "x", "max_results": 10_001}}, "job", "too_many"),
    ],
)
async def test_wrong_schedule_is_refused_by_field(
    ann: httpx.AsyncClient, changes: dict[str, Any], field: str, code: str | None
) -> None:
    refused = await create(ann, **changes)
    error = refused.json()["errors"][0]
    assert (refused.status_code, error["field"]) == (422, field)
    assert code in {None, error["code"]}


async def test_pause_skips_what_passes_meanwhile(ann: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schedules/{(await create(ann)).json()['id']}"
    assert (await ann.patch(path, json={"paused": True})).json()["next_runs"] == []
    world.clock.time += timedelta(days=3)
    going_on = (await ann.patch(path, json={"paused": False})).json()
    assert going_on["next_runs"][0] == "2026-11-26T21:00:00Z"
    [stored] = world.schedules.schedules.values()
    assert stored["next_at"] > world.clock.now()


async def test_job_of_a_schedule_is_replaced_whole(ann: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schedules/{(await create(ann)).json()['id']}"
    other = {"type": "BULK_ASIN", "asins": [asin(3), f"https://www.amazon.de/dp/{asin(4)}"], "priority": "high"}
    changed = (await ann.patch(path, json={"job": other})).json()
    assert (changed["job"]["priority"], changed["job"]["tags"], changed["job"]["request"]["count"]) == ("high", [], 2)
    listed = (await ann.get(f"{path}/products")).json()["items"]
    assert [(each["marketplace"], each["asin"]) for each in listed] == [
        ("amazon.co.jp", asin(3)),
        ("amazon.de", asin(4)),
    ]
    wrong = await ann.patch(path, json={"job": {"type": "KEYWORD", "keyword": " "}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "job.keyword")


async def test_job_is_not_replaced_while_one_is_being_made(ann: httpx.AsyncClient, world: World) -> None:
    schedule_id = (await create(ann)).json()["id"]
    world.schedules.schedules[schedule_id]["next_at"] = NOW
    refused = await ann.patch(f"/v1/schedules/{schedule_id}", json={"job": JOB})
    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (409, "schedule_due", True)
    assert (await ann.patch(f"/v1/schedules/{schedule_id}", json={"name": "x"})).status_code == 200


async def test_user_has_only_so_many(ann: httpx.AsyncClient, world: World) -> None:
    codes = [(await create(ann)).status_code for _ in range(world.settings.schedules_per_user + 1)]
    assert codes == [201] * world.settings.schedules_per_user + [409]


async def test_no_race_leads_past_the_limit(
    ann: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = world.settings.schedules_per_user
    for _ in range(most - 3):
        await create(ann)
    look_slowly(monkeypatch, world.schedules, "find_schedules")
    answers = await asyncio.gather(*(create(ann) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert len(world.schedules.schedules) == most
    older = world.schedules.schedules.popitem()[1]
    world.schedules.schedules["older"] = {**older, "_id": "older", "place": None}
    assert (await create(ann)).status_code == 409


async def test_lines_that_name_no_product_are_told(ann: httpx.AsyncClient) -> None:
    listed = {"type": "BULK_ASIN", "asins": [asin(1), "bad", asin(1)]}
    made = await create(ann, job=listed)
    changed = await ann.patch(f"/v1/schedules/{made.json()['id']}", json={"job": listed})
    for answer in (made.json(), changed.json()):
        assert answer["counts"] == {"accepted": 1, "duplicate": 1, "invalid": 1}
        assert [(line["line"], line["input"], line["code"]) for line in answer["invalid"]] == [(2, "bad", "length")]
    renamed = (await ann.patch(f"/v1/schedules/{made.json()['id']}", json={"name": "x"})).json()
    assert (renamed["counts"], renamed["invalid"]) == (None, [])
    strict = await create(ann, job={**listed, "strict": True})
    assert (strict.status_code, strict.json()["errors"][0]["field"]) == (422, "job.asins")


async def test_key_makes_one_schedule(ann: httpx.AsyncClient, world: World) -> None:
    key = {"Idempotency-Key": "k"}
    first = await ann.post("/v1/schedules", json=WANTED, headers=key)
    again = await ann.post("/v1/schedules", json=WANTED, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert (again.headers["Idempotency-Replayed"], again.headers["Location"]) == ("true", first.headers["Location"])
    assert "Idempotency-Replayed" not in first.headers
    other = await ann.post("/v1/schedules", json={**WANTED, "name": "x"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(world.schedules.schedules) == 1
    assert (await ann.post("/v1/schedules", json=WANTED, headers={"Idempotency-Key": "x" * 256})).status_code == 422


async def test_schedule_of_a_request_that_died_is_found_by_its_key(ann: httpx.AsyncClient, world: World) -> None:
    key = {"Idempotency-Key": "k"}
    first = (await ann.post("/v1/schedules", json=WANTED, headers=key)).json()
    [(place, (record, lease_until, expires_at))] = world.keys.records.items()
    for wanted, status in (({**WANTED, "name": "x"}, 422), (WANTED, 201)):
        world.keys.records[place] = (replace(record, owner=None, response=None), lease_until, expires_at)
        again = await ann.post("/v1/schedules", json=wanted, headers=key)
        assert again.status_code == status
    assert (again.json()["id"], len(world.schedules.schedules)) == (first["id"], 1)


async def test_delta_compares_with_the_run_before(ann: httpx.AsyncClient, world: World) -> None:
    schedule_id = (await create(ann)).json()["id"]
    for job_id, status in (("1", JobStatus.COMPLETED), ("2", JobStatus.PROCESSING)):
        world.jobs.put(job(id=job_id, status=status))
    run = {"schedule_id": schedule_id, "user_id": "ann", "due_at": NOW, "decided_at": NOW}
    fired = {"_id": "r", **run, "outcome": "fired", "job_id": "2", "previous_job_id": "1"}
    world.schedules.runs = {"r": fired, "m": {**fired, "_id": "m", "outcome": "missed", "job_id": None}}
    path = f"/v1/schedules/{schedule_id}/runs"
    assert (await ann.get(f"{path}/r/delta")).json()["code"] == "job_not_ended"
    assert (await ann.get(f"{path}/m/delta")).json()["code"] == "run_made_no_job"
    world.jobs.put(job(id="2", status=JobStatus.COMPLETED))
    world.schedules.seen = {
        "1": {"amazon.com:A": Seen(Decimal(10), "USD", "in_stock")},
        "2": {"amazon.com:A": Seen(Decimal(9), "USD", "in_stock"), "amazon.com:B": Seen()},
    }
    delta = (await ann.get(f"{path}/r/delta")).json()
    assert delta["counts"] == {"new": 1, "price_down": 1}
    only = (await ann.get(f"{path}/r/delta", params={"change": "new"})).json()
    assert [each["asin"] for each in only["items"]] == ["B"]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, Seen(), ["new"]),
        (Seen(error="not_found"), Seen(), ["new"]),
        (Seen(), None, ["gone"]),
        (Seen(), Seen(error="not_found"), ["gone"]),
        (Seen(), Seen(error="timeout"), []),
        (Seen(error="timeout"), Seen(), []),
        (None, Seen(error="not_found"), []),
        (Seen(Decimal(10), "USD"), Seen(Decimal("10.00"), "USD"), []),
        (Seen(Decimal(10), "USD"), Seen(Decimal(11), "USD"), ["price_up"]),
        (Seen(Decimal(10), "USD"), Seen(Decimal(9), "USD"), ["price_down"]),
        (Seen(Decimal(10), "USD"), Seen(Decimal(9), "EUR"), []),
        (Seen(Decimal(10), "USD"), Seen(None, "USD"), []),
        (Seen(availability="unavailable"), Seen(availability="low_stock"), ["back_in_stock"]),
        (Seen(availability="in_stock"), Seen(availability="unavailable"), ["out_of_stock"]),
        (Seen(availability="in_stock"), Seen(availability="preorder"), []),
    ],
)
def test_change_is_what_both_runs_have_seen(before: Seen | None, after: Seen | None, changes: list[str]) -> None:
    def of(seen: Seen | None) -> dict[str, Seen]:
        return {} if seen is None else {"amazon.com:A": seen}

    assert [change for each in compare(of(before), of(after)) for change in each.changes] == changes
