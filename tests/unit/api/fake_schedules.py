"""Schedules in memory; tests/contracts/test_schedule_store.py proves that they do what the real ones do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.api.deltas import Seen

Document = dict[str, Any]


class FakeScheduleStore:
    def __init__(self) -> None:
        self.schedules: dict[str, Document] = {}
        self.runs: dict[str, Document] = {}
        self.seen: dict[str, dict[str, Seen]] = {}

    async def insert_schedule(self, document: Document) -> bool:
        others = [each for each in self.schedules.values() if each["user_id"] == document["user_id"]]
        is_taken = "place" in document and document["place"] in [each.get("place") for each in others]
        if document["_id"] in self.schedules or is_taken:
            return False
        self.schedules[document["_id"]] = dict(document)
        return True

    async def find_schedules(self, user_id: str) -> list[Document]:
        mine = (_shown(each) for each in self.schedules.values() if each["user_id"] == user_id)
        return sorted(mine, key=lambda each: each["_id"], reverse=True)

    async def find_schedule(self, user_id: str, schedule_id: str) -> Document | None:
        return next((each for each in await self.find_schedules(user_id) if each["_id"] == schedule_id), None)

    async def find_keys(self, user_id: str, schedule_id: str) -> list[str] | None:
        if await self.find_schedule(user_id, schedule_id) is None:
            return None
        return list(self.schedules[schedule_id].get("keys", ()))

    async def change_schedule(
        self, user_id: str, schedule_id: str, changes: Document, idle_at: datetime | None = None
    ) -> Document | None:
        known = await self.find_schedule(user_id, schedule_id)
        if known is None:
            return None
        due = None if known.get("paused") else known.get("next_at")
        if idle_at is not None and due is not None and due <= idle_at:
            return None
        self.schedules[schedule_id].update(changes)
        return _shown(self.schedules[schedule_id])

    async def delete_schedule(self, user_id: str, schedule_id: str) -> bool:
        if await self.find_schedule(user_id, schedule_id) is None:
            return False
        del self.schedules[schedule_id]
        self.runs = {i: each for i, each in self.runs.items() if each["schedule_id"] != schedule_id}
        return True

    async def find_runs(self, schedule_id: str, before: datetime | None, limit: int) -> list[Document]:
        found = [
            each
            for each in self.runs.values()
            if each["schedule_id"] == schedule_id and (before is None or each["due_at"] < before)
        ]
        return sorted(found, key=lambda each: each["due_at"], reverse=True)[:limit]

    async def find_run(self, schedule_id: str, run_id: str) -> Document | None:
        return next((each for each in await self.find_runs(schedule_id, None, 1_000) if each["_id"] == run_id), None)

    async def find_seen(self, job_id: str) -> dict[str, Seen]:
        return self.seen.get(job_id, {})


def _shown(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "keys"}
