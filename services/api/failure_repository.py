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
from services.api.item_retries import ItemRetries
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, database_errors

BATCH = 1_000
# Most that one request works off, so that none takes longer than its client waits.
MOST_PER_REQUEST = 20_000
_SHORT = {"payload.json": 0, "payload.text": 0, "payload.bytes": 0, "headers": 0, "traceback": 0}
_CAN_BE_SENT: Document = {"item": None, "payload.size": None, "queue": {"$ne": "unknown"}}
_CANNOT_BE_SENT: Document = {"item": None, "$or": [{"payload.size": {"$ne": None}}, {"queue": "unknown"}]}
_ITEMS: Document = {"item": {"$ne": None}, "retry_requested_at": None}


class MongoFailureStore:
    def __init__(self, database: Database) -> None:
        self._failures: Collection = database["failures"]
        self._items = ItemRetries(database)

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
        sent, complete = 0, False
        waiting = _all(_filter(chosen), _CAN_BE_SENT, {"retry_requested_at": None})
        while not complete and sent < MOST_PER_REQUEST:
            ids = await self._ids(waiting)
            sent += await self._request(ids, by)
            complete = len(ids) < BATCH
        answer = RetryAnswer(requested=sent, refused=0, complete=complete)
        if complete:
            answer = await self._request_items(chosen, by, answer)
        with database_errors():
            answer.refused += await self._failures.count_documents(_all(_filter(chosen), _CANNOT_BE_SENT))
        return answer

    async def _request_items(self, chosen: Choice, by: str, answer: RetryAnswer) -> RetryAnswer:
        """Those of a job that is gone stay where they are, so this goes on behind the last one looked at."""
        after = ""
        while answer.requested + answer.already_done < MOST_PER_REQUEST:
            with database_errors():
                query = _all(_filter(chosen), _ITEMS, {"_id": {"$gt": after}})
                found = self._failures.find(query, {"item": 1}).sort("_id", ASCENDING).limit(BATCH)
                failures = await found.to_list(None)
            if failures:
                answer = _added(answer, *await self._items.request(failures, by))
                after = failures[-1]["_id"]
            if len(failures) < BATCH:
                return answer
        return answer.model_copy(update={"complete": False})

    async def request_retry(self, failure_id: str, by: str) -> RetryAnswer:
        none = RetryAnswer(requested=0, refused=0, complete=True)
        with database_errors():
            failure = await self._failures.find_one({"_id": failure_id}, {"item": 1, "retry_requested_at": 1})
        if failure is None or failure.get("item") is None:
            await self._request([failure_id], by)
            return none.model_copy(update={"requested": 1})
        if failure.get("retry_requested_at") is not None:
            return _added(none, 1, 0, 0)
        return _added(none, *await self._items.request([failure], by))

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


def _added(answer: RetryAnswer, asked: int, done: int, gone: int) -> RetryAnswer:
    """With what became of some items."""
    counts = {"requested": asked, "items": asked, "already_done": done, "refused": gone}
    return answer.model_copy(update={name: getattr(answer, name) + count for name, count in counts.items()})


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
