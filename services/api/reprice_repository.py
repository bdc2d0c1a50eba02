"""Queries of repricings, and of what they change of their jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from services.api.repricing import Document, RepricingTask, task_of
from services.api.responses import RepricingState
from shared.mongo import ASCENDING, Database, DuplicateKeyError, database_errors

# A round takes a block of each of so many.
MOST_AT_ONCE = 20


class MongoRepricingStore:
    """One repricing a job, the last one; its id guards every later write."""

    def __init__(self, database: Database) -> None:
        self._repricings = database["repricings"]
        self._jobs = database["jobs"]

    async def find(self, user_id: str, job_id: str) -> Document | None:
        with database_errors():
            return await self._repricings.find_one({"_id": job_id, "user_id": user_id})

    async def begin(self, document: Document) -> Document:
        """Store it, unless one of the job is running: then that one is answered."""
        query = {"_id": document["job_id"], "state": {"$ne": str(RepricingState.RUNNING)}}
        update: Document = {"$set": document, "$currentDate": {"requested_at": True}}
        with database_errors():
            with contextlib.suppress(DuplicateKeyError):  # there is one, and it is running
                await self._repricings.update_one(query, update, upsert=True)
            found = await self._repricings.find_one({"_id": document["job_id"]})
        return document if found is None else found

    async def find_running(self) -> list[RepricingTask]:
        """Those asked for first."""
        with database_errors():
            cursor = self._repricings.find({"state": str(RepricingState.RUNNING)})
            found = await cursor.sort("requested_at", ASCENDING).limit(MOST_AT_ONCE).to_list(None)
        return [task_of(document) for document in found]

    async def set_settings(self, task: RepricingTask, settings: Mapping[str, Any]) -> None:
        """The job's settings from now on; a second time changes nothing."""
        if not settings:
            return
        other = [{f"settings.{name}": {"$ne": value}} for name, value in settings.items()]
        changes: Document = {
            "$set": {f"settings.{name}": value for name, value in settings.items()},
            "$inc": {"rev": 1},
            "$currentDate": {"updated_at": True},
        }
        with database_errors():
            await self._jobs.update_one({"_id": task.job_id, "$or": other}, changes)

    async def advance(self, task: RepricingTask, *, after: int, repriced: int, left_out: int, done: bool) -> bool:
        """Note a block; False when another has, or the repricing is gone."""
        changes: Document = {"$set": {"after": after}, "$inc": {"repriced": repriced, "left_out": left_out}}
        if done:
            changes["$set"]["state"] = str(RepricingState.DONE)
            changes["$currentDate"] = {"completed_at": True}
        query = {"_id": task.job_id, "id": task.id, "after": task.after, "state": str(RepricingState.RUNNING)}
        with database_errors():
            return (await self._repricings.update_one(query, changes)).matched_count == 1

    async def fail(self, task: RepricingTask) -> None:
        changes: Document = {"$set": {"state": str(RepricingState.FAILED)}, "$currentDate": {"completed_at": True}}
        with database_errors():
            await self._repricings.update_one({"_id": task.job_id, "id": task.id}, changes)

    async def forget(self, task: RepricingTask) -> None:
        with database_errors():
            await self._repricings.delete_one({"_id": task.job_id, "id": task.id})
