"""Webhooks in memory do what the real ones do."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.api.repository import ensure_indexes
from services.api.stores import WebhookStore
from services.api.webhook_repository import MongoWebhookStore
from services.api.webhooks import NewWebhook, new_webhook
from shared.mongo import connect
from shared.user_events import UserEvent
from shared.webhooks import new_delivery
from tests.unit.api.builders import NOW
from tests.unit.api.fake_webhooks import FakeWebhookStore

ASKED = NewWebhook.model_validate({"url": "https://example.com/", "events": ["job.completed"]})


@pytest.fixture(params=["memory", "mongodb"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[WebhookStore]:
    if request.param == "memory":
        yield FakeWebhookStore()
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await ensure_indexes(database)
        yield MongoWebhookStore(database)


async def deliver(store: WebhookStore, webhook_id: str, *numbers: int) -> None:
    for number in numbers:
        event = UserEvent(f"msg_{number}", "job.completed", "ann", NOW, {})
        await store.insert_delivery(new_delivery(webhook_id, event, NOW + timedelta(seconds=number // 2), 30))


async def test_webhooks_are_their_users_alone(store: WebhookStore) -> None:
    await store.insert_webhook(new_webhook("a", "ann", ASKED, NOW))
    await store.insert_webhook(new_webhook("b", "ann", ASKED, NOW))
    assert [each["_id"] for each in await store.find_webhooks("ann")] == ["b", "a"]
    assert await store.find_webhooks("bob") == []
    assert await store.find_webhook("bob", "a") is None
    assert await store.change_webhook("bob", "a", {"enabled": False}) is None
    assert not await store.delete_webhook("bob", "a")
    changed = await store.change_webhook("ann", "a", {"enabled": False})
    assert changed is not None
    assert not changed["enabled"]
    assert await store.change_webhook("ann", "a", {"enabled": True}, {"secrets": []}) is None


async def test_place_is_one_webhooks(store: WebhookStore) -> None:
    assert await store.insert_webhook({**new_webhook("a", "ann", ASKED, NOW), "place": 0})
    assert not await store.insert_webhook({**new_webhook("b", "ann", ASKED, NOW), "place": 0})
    assert not await store.insert_webhook({**new_webhook("a", "ann", ASKED, NOW), "place": 1})
    assert await store.insert_webhook({**new_webhook("b", "ann", ASKED, NOW), "place": 1})
    assert await store.insert_webhook(new_webhook("c", "ann", ASKED, NOW))
    assert await store.insert_webhook(new_webhook("d", "ann", ASKED, NOW))


async def test_deliveries_are_paged_and_go_with_their_webhook(store: WebhookStore) -> None:
    for webhook_id in "ab":
        await store.insert_webhook(new_webhook(webhook_id, "ann", ASKED, NOW))
        await deliver(store, webhook_id, 0, 1, 2, 3, 3)
    found = await store.find_deliveries("a", state=None, before=None, limit=3)
    assert [each["event_id"] for each in found] == ["msg_3", "msg_2", "msg_1"]
    before = (found[-1]["created_at"], "msg_1")
    rest = await store.find_deliveries("a", state="pending", before=before, limit=3)
    assert [each["event_id"] for each in rest] == ["msg_0"]
    assert await store.find_deliveries("a", state="failed", before=None, limit=3) == []
    assert await store.delete_webhook("ann", "a")
    assert await store.find_delivery("a", "msg_0") is None
    assert await store.find_delivery("b", "msg_0") is not None


async def test_only_what_has_ended_is_replayed(store: WebhookStore) -> None:
    await deliver(store, "a", 1)
    assert await store.replay_delivery("a", "msg_1") is None
    ended = new_delivery("a", UserEvent("msg_2", "job.completed", "ann", NOW, {}), NOW, 30)
    await store.insert_delivery({**ended, "state": "failed", "attempts": 10, "next_at": None})
    again = await store.replay_delivery("a", "msg_2")
    assert again is not None
    assert (again["state"], again["attempts"], again["replays"]) == ("pending", 0, 1)
    assert again["next_at"] is not None
