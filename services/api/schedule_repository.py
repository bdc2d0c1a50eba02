"""Queries of schedules for their users. What has come of their times is the sweeper's to write."""

from __future__ import annotations

from datetime import datetime

from services.api.deltas import Seen
from services.api.stores import Document
from shared.mongo import ASCENDING, DESCENDING, Database, Decimal128, ReturnDocument, database_errors, insert_new

WITHOUT_KEYS = {"keys": False}


class MongoScheduleStore:
    def __init__(self, database: Database) -> None:
        self._schedules = database["schedules"]
        self._runs = database["schedule_runs"]
        self._outcomes = database["outcomes"]

    async def insert_schedule(self, document: Document) -> bool:
        return not await insert_new(self._schedules, [document])

    async def find_schedules(self, user_id: str) -> list[Document]:
        with database_errors():
            found = self._schedules.find({"user_id": user_id}, WITHOUT_KEYS)
            return await found.sort("_id", DESCENDING).to_list(None)

    async def find_schedule(self, user_id: str, schedule_id: str) -> Document | None:
        with database_errors():
            return await self._schedules.find_one({"_id": schedule_id, "user_id": user_id}, WITHOUT_KEYS)

    async def find_keys(self, user_id: str, schedule_id: str) -> list[str] | None:
        with database_errors():
            found = await self._schedules.find_one({"_id": schedule_id, "user_id": user_id}, {"keys": True})
        return None if found is None else list(found.get("keys", ()))

    async def change_schedule(
        self, user_id: str, schedule_id: str, changes: Document, idle_at: datetime | None = None
    ) -> Document | None:
        query: Document = {"_id": schedule_id, "user_id": user_id}
        if idle_at is not None:
            query["$or"] = [{"paused": True}, {"next_at": None}, {"next_at": {"$gt": idle_at}}]
        with database_errors():
            return await self._schedules.find_one_and_update(
                query,
                {"$set": changes},
                projection=WITHOUT_KEYS,
                return_document=ReturnDocument.AFTER,
            )

    async def delete_schedule(self, user_id: str, schedule_id: str) -> bool:
        with database_errors():
            gone = await self._schedules.delete_one({"_id": schedule_id, "user_id": user_id})
            if gone.deleted_count:
                await self._runs.delete_many({"schedule_id": schedule_id})
        return bool(gone.deleted_count)

    async def find_runs(self, schedule_id: str, before: datetime | None, limit: int) -> list[Document]:
        query: Document = {"schedule_id": schedule_id} | ({} if before is None else {"due_at": {"$lt": before}})
        with database_errors():
            return await self._runs.find(query).sort("due_at", DESCENDING).limit(limit).to_list(None)

    async def find_run(self, schedule_id: str, run_id: str) -> Document | None:
        with database_errors():
            return await self._runs.find_one({"_id": run_id, "schedule_id": schedule_id})

    async def find_seen(self, job_id: str) -> dict[str, Seen]:
        fields = dict.fromkeys(("marketplace", "asin", "status", "seen", "error.code"), True)
        with database_errors():
            found = self._outcomes.find({"job_id": job_id}, fields).sort("run", ASCENDING)
            # Of an item that was tried again, the last run counts.
            return {f"{d['marketplace']}:{d['asin']}": _seen(d) async for d in found}


def _seen(outcome: Document) -> Seen:
    if outcome["status"] != "succeeded":
        return Seen(error=(outcome.get("error") or {}).get("code", "unknown"))
    seen = outcome.get("seen") or {}
    price = seen.get("price")
    return Seen(
        price=price.to_decimal() if isinstance(price, Decimal128) else price,
        currency=seen.get("currency"),
        availability=seen.get("availability"),
    )
