"""Webhooks in memory; tests/contracts/test_webhook_store.py proves that they do what the real ones do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.webhooks import delivery_id

Document = dict[str, Any]


class FakeWebhookStore:
    def __init__(self) -> None:
        self.webhooks: dict[str, Document] = {}
        self.deliveries: dict[str, Document] = {}

    async def insert_webhook(self, document: Document) -> bool:
        others = [each for each in self.webhooks.values() if each["user_id"] == document["user_id"]]
        is_taken = "place" in document and document["place"] in [each.get("place") for each in others]
        if document["_id"] in self.webhooks or is_taken:
            return False
        self.webhooks[document["_id"]] = dict(document)
        return True

    async def find_webhooks(self, user_id: str) -> list[Document]:
        mine = (each for each in self.webhooks.values() if each["user_id"] == user_id)
        return sorted(mine, key=lambda each: each["_id"], reverse=True)

    async def find_webhook(self, user_id: str, webhook_id: str) -> Document | None:
        found = self.webhooks.get(webhook_id)
        return found if found is not None and found["user_id"] == user_id else None

    async def change_webhook(
        self, user_id: str, webhook_id: str, changes: Document, where: Document | None = None
    ) -> Document | None:
        found = await self.find_webhook(user_id, webhook_id)
        if found is None or any(found[name] != value for name, value in (where or {}).items()):
            return None
        self.webhooks[webhook_id] = {**found, **changes}
        return self.webhooks[webhook_id]

    async def delete_webhook(self, user_id: str, webhook_id: str) -> bool:
        if await self.find_webhook(user_id, webhook_id) is None:
            return False
        del self.webhooks[webhook_id]
        self.deliveries = {i: each for i, each in self.deliveries.items() if each["webhook_id"] != webhook_id}
        return True

    async def insert_delivery(self, document: Document) -> None:
        self.deliveries.setdefault(document["_id"], dict(document))

    async def find_deliveries(
        self, webhook_id: str, *, state: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        last = None if before is None else (before[0], delivery_id(webhook_id, before[1]))
        found = [
            each
            for each in self.deliveries.values()
            if each["webhook_id"] == webhook_id
            and state in {None, each["state"]}
            and (last is None or (each["created_at"], each["_id"]) < last)
        ]
        return sorted(found, key=lambda each: (each["created_at"], each["_id"]), reverse=True)[:limit]

    async def find_delivery(self, webhook_id: str, event_id: str) -> Document | None:
        return self.deliveries.get(delivery_id(webhook_id, event_id))

    async def replay_delivery(self, webhook_id: str, event_id: str) -> Document | None:
        found = await self.find_delivery(webhook_id, event_id)
        if found is None or found["state"] == "pending":
            return None
        changes = {"state": "pending", "attempts": 0, "completed_at": None, "next_at": datetime.now(UTC)}
        found.update(changes, replays=found["replays"] + 1)
        return found
