"""What users can do with webhooks, over HTTP: addresses, secrets, limits, replays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.webhooks import rotated
from tests.unit.api.builders import NOW, api_settings, bearer
from tests.unit.api.conftest import World
from tests.unit.api.racing import look_slowly
from tests.unit.api.test_http import problem

URL = "https://example.com/hook"


@pytest.fixture
async def ann(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        client.headers.update(bearer())
        yield client


async def create(client: httpx.AsyncClient, **wanted: Any) -> httpx.Response:
    return await client.post("/v1/webhooks", json={"url": URL, "events": ["job.completed"], **wanted})


async def test_secret_is_shown_once(ann: httpx.AsyncClient) -> None:
    made = (await create(ann)).json()
    assert made["secret"].startswith("whsec_")
    shown = await ann.get(f"/v1/webhooks/{made['id']}")
    assert made["secret"] not in shown.text
    assert shown.json()["secrets"] == [{"hint": f"whsec_…{made['secret'][-4:]}", "expires_at": None}]
    assert made["secret"] not in (await ann.get("/v1/webhooks")).text


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "not_https"),
        ("https://127.0.0.1/", "forbidden_address"),
        ("https://[::1]/", "forbidden_address"),
        ("https://169.254.169.254/latest", "forbidden_address"),
        ("https://localhost/", "forbidden_address"),
        ("https://2130706433/", "forbidden_address"),
        ("https://0x7f.1/", "forbidden_address"),
        ("https://exam ple.com/", "invalid_url"),
        ("https://user:pass@example.com/", "invalid_url"),
        ("https:///x", "invalid_url"),
        ("https://example.com:99999/", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
    ],
)
async def test_address_that_leads_inside_is_refused(ann: httpx.AsyncClient, url: str, code: str) -> None:
    refused = await create(ann, url=url)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
    made = (await create(ann)).json()
    assert (await ann.patch(f"/v1/webhooks/{made['id']}", json={"url": url})).status_code == 422


async def test_receiver_that_the_operator_trusts_may_be_inside() -> None:
    world = World(settings=api_settings(webhook_trusted="http://127.0.0.1:9000, https://inside"))
    async with world.client() as client:
        client.headers.update(bearer())
        assert (await create(client, url="http://127.0.0.1:9000/x")).status_code == 201
        assert (await create(client, url="http://127.0.0.1:9001/x")).status_code == 422
        assert (await create(client, url="http://inside/")).status_code == 422


async def test_key_makes_one_webhook_and_shows_its_secret_again(ann: httpx.AsyncClient, world: World) -> None:
    wanted, key = {"url": URL, "events": ["job.completed"]}, {"Idempotency-Key": "k"}
    first = await ann.post("/v1/webhooks", json=wanted, headers=key)
    again = await ann.post("/v1/webhooks", json=wanted, headers=key)
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (201, first.json(), "true")
    schedule = {"name": "x", "cron": "0 6 * * *", "job": {"type": "KEYWORD", "keyword": "x"}}
    other = await ann.post("/v1/schedules", json=schedule, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"
    assert (len(world.webhooks.webhooks), len(world.schedules.schedules)) == (1, 0)


async def test_secret_is_replaced_without_a_body(ann: httpx.AsyncClient) -> None:
    made = (await create(ann)).json()
    new = await ann.post(f"/v1/webhooks/{made['id']}/rotate-secret")
    assert (new.status_code, len(new.json()["secrets"])) == (200, 2)


async def test_no_race_leads_past_the_limit(
    ann: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_slowly(monkeypatch, world.webhooks, "find_webhooks")
    most = world.settings.webhooks_per_user
    answers = await asyncio.gather(*(create(ann) for _ in range(most + 5)))
    assert sorted(answer.status_code for answer in answers) == [201] * most + [409] * 5


async def test_user_has_only_so_many(ann: httpx.AsyncClient, world: World) -> None:
    codes = [(await create(ann)).status_code for _ in range(world.settings.webhooks_per_user + 1)]
    assert codes == [201] * world.settings.webhooks_per_user + [409]


async def test_old_secret_signs_until_the_overlap_is_over(ann: httpx.AsyncClient, world: World) -> None:
    made = (await create(ann)).json()
    new = (await ann.post(f"/v1/webhooks/{made['id']}/rotate-secret", json={"overlap_hours": 2})).json()
    assert new["secret"] != made["secret"]
    kept = world.webhooks.webhooks[made["id"]]["secrets"]
    assert [each["value"] for each in kept] == [new["secret"], made["secret"]]
    assert [each["expires_at"] for each in kept] == [None, NOW + timedelta(hours=2)]
    later = rotated(kept, NOW + timedelta(hours=6), NOW + timedelta(hours=3))
    assert [each["value"] for each in later[1:]] == [new["secret"]]


async def test_no_more_than_two_secrets_sign(ann: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/webhooks/{(await create(ann)).json()['id']}"
    stored = world.webhooks.webhooks[path.rsplit("/", 1)[1]]

    async def rotate(**asked: Any) -> list[str]:
        answer = await ann.post(f"{path}/rotate-secret", json=asked)
        assert answer.status_code == 200, answer.text
        return [each["value"] for each in world.webhooks.webhooks[stored["_id"]]["secrets"]]

    [first] = [each["value"] for each in stored["secrets"]]
    second, _ = await rotate()
    refused = problem(await ann.post(f"{path}/rotate-secret", json={}), 409, "secret_overlap")
    assert "drop" in refused.detail
    third, *others = await rotate(drop="present")
    assert others == [first]
    fourth, *others = await rotate(drop="previous")
    assert others == [third]
    assert len({first, second, third, fourth}) == 4
    assert len(await rotate(overlap_hours=0)) == 1


async def test_switched_off_webhook_is_neither_pinged_nor_replayed(ann: httpx.AsyncClient) -> None:
    webhook_id = (await create(ann)).json()["id"]
    ping = await ann.post(f"/v1/webhooks/{webhook_id}/ping")
    assert (ping.status_code, ping.json()["state"]) == (202, "pending")
    path = f"/v1/webhooks/{webhook_id}/deliveries/{ping.json()['id']}"
    assert (await ann.post(f"{path}/replay")).json()["code"] == "delivery_under_way"
    await ann.patch(f"/v1/webhooks/{webhook_id}", json={"enabled": False})
    assert (await ann.post(f"/v1/webhooks/{webhook_id}/ping")).json()["code"] == "webhook_disabled"
    assert (await ann.post(f"{path}/replay")).json()["code"] == "webhook_disabled"
    assert (await ann.get(path)).json()["body"].startswith('{"type":"ping","timestamp":"2026-11-23T06:00:00.000Z"')


async def test_deliveries_continue_by_cursor(ann: httpx.AsyncClient) -> None:
    webhook_id = (await create(ann)).json()["id"]
    for _ in range(3):
        await ann.post(f"/v1/webhooks/{webhook_id}/ping")
    path = f"/v1/webhooks/{webhook_id}/deliveries"
    first = (await ann.get(path, params={"limit": 2})).json()
    rest = (await ann.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    assert rest["next_cursor"] is None
