"""Queries of the failure store, whose keeper is the sweeper: from here failures are deleted, and retries asked for."""

from __future__ import annotations

import re
from typing import Any

from services.api.failures import (
    Choice,
    DeleteAnswer,
    Failure,
    FailureDetail,
    FailurePosition,
    RetryAnswer,
    to_detail,
    to_failure,
)
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, database_errors

BATCH = 1_000
# Most that one request works off, so that none takes longer than its client waits.
MOST_PER_REQUEST = 20_000
_SHORT = {"payload.json": 0, "payload.text": 0, "payload.bytes": 0, "headers": 0, "traceback": 0}
_CAN_BE_SENT: Document = {"item": None, "payload.size": None, "queue": {"$ne": "unknown"}}
_CANNOT_BE_SENT: Document = {
    "$or": [{"item": {"$ne": None}}, {"payload.size": {"$ne": None}}, {"queue": "unknown"}],
}


class MongoFailureStore:
    def __init__(self, database: Database) -> None:
        self._failures: Collection = database["failures"]

    async def find_failures(
        self, chosen: Choice, *, limit: int, after: FailurePosition | None = None, retrying: bool | None = None
    ) -> list[Failure]:
        parts = [_filter(chosen)]
        if retrying is not None:
            parts.append({"retry_requested_at": {"$ne": None} if retrying else None})
        if after is not None:
            older = {"failed_at": after.failed_at, "_id": {"$lt": after.id}}
            parts.append({"$or": [{"failed_at": {"$lt": after.failed_at}}, older]})
        with database_errors():
            found = self._failures.find(_all(*parts), _SHORT).sort([("failed_at", DESCENDING), ("_id", DESCENDING)])
            return [to_failure(document) async for document in found.limit(limit)]

    async def find_failure(self, failure_id: str) -> FailureDetail | None:
        with database_errors():
            document = await self._failures.find_one({"_id": failure_id})
        return None if document is None else to_detail(document)

    async def request_retries(self, chosen: Choice, by: str) -> RetryAnswer:
        requested, complete = 0, False
        waiting = _all(_filter(chosen), _CAN_BE_SENT, {"retry_requested_at": None})
        while not complete and requested < MOST_PER_REQUEST:
            ids = await self._ids(waiting)
            requested += await self._request(ids, by)
            complete = len(ids) < BATCH
        with database_errors():
            refused = await self._failures.count_documents(_all(_filter(chosen), _CANNOT_BE_SENT))
        return RetryAnswer(requested=requested, refused=refused, complete=complete)

    async def request_retry(self, failure_id: str, by: str) -> None:
        await self._request([failure_id], by)

    async def _request(self, ids: list[str], by: str) -> int:
        """What has been asked for already is not asked for again."""
        change: Document = {
            "$currentDate": {"retry_requested_at": True},
            "$set": {"retry_requested_by": by, "retry_error": None},
            "$inc": {"retries": 1},
        }
        with database_errors():
            result = await self._failures.update_many({"_id": {"$in": ids}, "retry_requested_at": None}, change)
        return int(result.modified_count)

    async def delete_failure(self, failure_id: str) -> bool:
        with database_errors():
            return (await self._failures.delete_one({"_id": failure_id})).deleted_count == 1

    async def delete_failures(self, chosen: Choice) -> DeleteAnswer:
        """Those about to be sent again stay."""
        deleted, complete = 0, False
        query = _all(_filter(chosen), {"retry_requested_at": None})
        while not complete and deleted < MOST_PER_REQUEST:
            ids = await self._ids(query)
            with database_errors():
                result = await self._failures.delete_many({"_id": {"$in": ids}, "retry_requested_at": None})
            deleted += result.deleted_count
            complete = len(ids) < BATCH
        return DeleteAnswer(deleted=deleted, complete=complete)

    async def count_failures(self) -> int:
        """About how many there are."""
        with database_errors():
            return int(await self._failures.estimated_document_count())

    async def _ids(self, query: Document) -> list[str]:
        with database_errors():
            found = self._failures.find(query, {"_id": 1}).sort("failed_at", ASCENDING).limit(BATCH)
            return [document["_id"] async for document in found]


def _filter(chosen: Choice) -> Document:
    query: Document = {
        name: value for name in ("queue", "code", "type") if (value := getattr(chosen, name)) is not None
    }
    if chosen.job_id is not None:
        query["correlation_id"] = chosen.job_id
    bounds: dict[str, Any] = {"$gte": chosen.since, "$lt": chosen.until}
    if failed_at := {operator: moment for operator, moment in bounds.items() if moment is not None}:
        query["failed_at"] = failed_at
    if chosen.q is not None:
        text = {"$regex": re.escape(chosen.q), "$options": "i"}
        query["$or"] = [{"message": text}, {"error_class": text}]
    return query


def _all(*parts: Document) -> Document:
    """Each of them; two may name the same field."""
    named = [part for part in parts if part]
    return {} if not named else named[0] if len(named) == 1 else {"$and": named}
