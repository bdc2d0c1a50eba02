"""Queries of webhooks and their deliveries; what is due, and until when it is held, goes by the database's clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from services.sweeper.deliveries import Attempt, Verdict
from services.sweeper.repository import older_than
from shared.indexes import Indexes, ensure_indexes
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Database,
    Document,
    IndexModel,
    ReturnDocument,
    database_errors,
    insert_new,
)
from shared.user_events import PING, UserEventType
from shared.webhooks import DeliveryState

# Events that come in crowds; all others go before them.
CROWDS = (str(UserEventType.PRICE_CHANGED), str(UserEventType.PRODUCT_PROFITABLE))
FEW = (*(str(kind) for kind in UserEventType if kind not in CROWDS), PING)
# Entries of a delivery's log: two rounds of attempts.
LOG_ENTRIES = 20

INDEXES: Indexes = {
    "webhooks": (IndexModel([("user_id", ASCENDING), ("_id", ASCENDING)]),),
    "deliveries": (
        IndexModel([("state", ASCENDING), ("next_at", ASCENDING)]),
        IndexModel([("state", ASCENDING), ("type", ASCENDING), ("next_at", ASCENDING)]),
        IndexModel([("webhook_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ),
}


def _in_seconds(seconds: float) -> Document:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}


class WebhookRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._webhooks = database["webhooks"]
        self._deliveries = database["deliveries"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_webhooks_of(self, user_ids: Collection[str]) -> list[Document]:
        """Those of these users that are on."""
        query: Document = {"user_id": {"$in": sorted(user_ids)}, "enabled": True}
        with database_errors():
            return await self._webhooks.find(query).to_list(None)

    async def find_webhooks(self, ids: Collection[str]) -> dict[str, Document]:
        with database_errors():
            return {each["_id"]: each async for each in self._webhooks.find({"_id": {"$in": sorted(ids)}})}

    async def insert_deliveries(self, documents: Sequence[Document]) -> int:
        """How many are new: an event that waits for a webhook already, or was sent to it, is the same delivery."""
        return len(documents) - len(await insert_new(self._deliveries, documents))

    async def claim_due(self, limit: int, lease_seconds: float, without: Collection[str] = ()) -> list[Document]:
        """Deliveries whose time has come, each with its attempt counted; nobody else claims them within the lease.

        A claim whose process died is due again when its lease is over. Webhooks in `without` wait. Ends of jobs and all
        else that is told once go before crowds of products.
        """
        due = await self._find_due(limit, without, FEW)
        if len(due) < limit:
            due += await self._find_due(limit - len(due), without, CROWDS)
        claimed = []
        for delivery in due:
            same = {name: delivery[name] for name in ("_id", "state", "attempts", "replays", "next_at")}
            held: Any = [{"$set": {"attempts": delivery["attempts"] + 1, "next_at": _in_seconds(lease_seconds)}}]
            with database_errors():
                mine = await self._deliveries.find_one_and_update(same, held, return_document=ReturnDocument.AFTER)
            if mine is not None:
                claimed.append(mine)
        return claimed

    async def _find_due(self, limit: int, without: Collection[str], types: Sequence[str]) -> list[Document]:
        query: Any = {
            "state": str(DeliveryState.PENDING),
            "type": {"$in": types},
            "webhook_id": {"$nin": sorted(without)},
            **older_than("next_at", 0),
        }
        with database_errors():
            return await self._deliveries.find(query).sort("next_at", ASCENDING).limit(limit).to_list(None)

    async def mark_attempt(self, delivery: Document, attempt: Attempt, verdict: Verdict) -> bool:
        """Note how the claimed attempt ended; False when it was claimed or asked for anew meanwhile."""
        entry = {
            "status": attempt.status,
            "error": attempt.error,
            "milliseconds": attempt.milliseconds,
            "answer": attempt.answer,
        }
        # Texts from outside are values, whatever they begin with.
        logged = {"$mergeObjects": [{"at": "$$NOW"}, {"$literal": entry}]}
        ended = verdict.state != DeliveryState.PENDING
        changes: Document = {
            "state": str(verdict.state),
            "log": {"$slice": [{"$concatArrays": ["$log", [logged]]}, -LOG_ENTRIES]},
            "completed_at": "$$NOW" if ended else None,
            "next_at": None if verdict.wait is None else _in_seconds(verdict.wait),
        }
        same = {name: delivery[name] for name in ("_id", "attempts", "replays")}
        with database_errors():
            update: Any = [{"$set": changes}]
            result = await self._deliveries.update_one({**same, "state": str(DeliveryState.PENDING)}, update)
        return bool(result.matched_count)

    async def mark_working(self, webhook_id: str) -> None:
        """Its receiver has taken something."""
        with database_errors():
            await self._webhooks.update_one(
                {"_id": webhook_id, "failing_since": {"$ne": None}}, {"$set": {"failing_since": None}}
            )

    async def mark_failing(self, webhook_id: str) -> None:
        """Its receiver has not taken something; since when is noted the first time."""
        with database_errors():
            await self._webhooks.update_one(
                {"_id": webhook_id, "failing_since": None}, {"$currentDate": {"failing_since": True}}
            )

    async def disable(self, webhook_id: str, reason: str, failing_seconds: float = 0.0) -> bool:
        """Switch it off if it has been failing for so long; whether it was on and is off now."""
        query: Any = {"_id": webhook_id, "enabled": True}
        if failing_seconds:
            query |= older_than("failing_since", failing_seconds)
        change: Document = {"$set": {"enabled": False, "disabled_reason": reason}, "$currentDate": {"updated_at": True}}
        with database_errors():
            return bool((await self._webhooks.update_one(query, change)).modified_count)

    async def count_due(self) -> int:
        """Deliveries that could be on their way by now."""
        query: Any = {"state": str(DeliveryState.PENDING), **older_than("next_at", 0)}
        with database_errors():
            return await self._deliveries.count_documents(query)
