"""Queries of webhooks and deliveries for their users. What is sent, and how it went, is the sweeper's to write."""

from __future__ import annotations

from typing import Any

from services.api.stores import Document
from shared.mongo import DESCENDING, Database, ReturnDocument, database_errors, insert_new
from shared.webhooks import DeliveryState, delivery_id


class MongoWebhookStore:
    def __init__(self, database: Database) -> None:
        self._webhooks = database["webhooks"]
        self._deliveries = database["deliveries"]

    async def insert_webhook(self, document: Document) -> bool:
        return not await insert_new(self._webhooks, [document])

    async def find_webhooks(self, user_id: str) -> list[Document]:
        with database_errors():
            return await self._webhooks.find({"user_id": user_id}).sort("_id", DESCENDING).to_list(None)

    async def find_webhook(self, user_id: str, webhook_id: str) -> Document | None:
        with database_errors():
            return await self._webhooks.find_one({"_id": webhook_id, "user_id": user_id})

    async def change_webhook(
        self, user_id: str, webhook_id: str, changes: Document, where: Document | None = None
    ) -> Document | None:
        query = {"_id": webhook_id, "user_id": user_id, **(where or {})}
        with database_errors():
            return await self._webhooks.find_one_and_update(
                query, {"$set": changes}, return_document=ReturnDocument.AFTER
            )

    async def delete_webhook(self, user_id: str, webhook_id: str) -> bool:
        with database_errors():
            gone = await self._webhooks.delete_one({"_id": webhook_id, "user_id": user_id})
            if gone.deleted_count:
                await self._deliveries.delete_many({"webhook_id": webhook_id})
        return bool(gone.deleted_count)

    async def insert_delivery(self, document: Document) -> None:
        await insert_new(self._deliveries, [document])

    async def find_deliveries(
        self, webhook_id: str, *, state: str | None, before: tuple[Any, str] | None, limit: int
    ) -> list[Document]:
        query: Document = {"webhook_id": webhook_id} | ({} if state is None else {"state": state})
        if before is not None:
            at, event_id = before
            last = delivery_id(webhook_id, event_id)
            query["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": last}}]
        order = [("created_at", DESCENDING), ("_id", DESCENDING)]
        with database_errors():
            return await self._deliveries.find(query).sort(order).limit(limit).to_list(None)

    async def find_delivery(self, webhook_id: str, event_id: str) -> Document | None:
        with database_errors():
            return await self._deliveries.find_one({"_id": delivery_id(webhook_id, event_id), "webhook_id": webhook_id})

    async def replay_delivery(self, webhook_id: str, event_id: str) -> Document | None:
        ended = {"$ne": str(DeliveryState.PENDING)}
        update: Document = {
            "$set": {"state": str(DeliveryState.PENDING), "attempts": 0, "completed_at": None},
            "$inc": {"replays": 1},
            "$currentDate": {"next_at": True},
        }
        with database_errors():
            return await self._deliveries.find_one_and_update(
                {"_id": delivery_id(webhook_id, event_id), "state": ended},
                update,
                return_document=ReturnDocument.AFTER,
            )
