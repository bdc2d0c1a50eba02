"""Repricings in memory; tests/contracts proves them against the database."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.api.repricing import RepricingTask, task_of
from services.api.responses import RepricingState
from tests.unit.api.builders import NOW
from tests.unit.api.fakes import FakeJobStore

RUNNING = str(RepricingState.RUNNING)


class FakeLease:
    """Always free."""

    async def hold(self) -> bool:
        return True


class FakeRepricingStore:
    def __init__(self) -> None:
        self.repricings: dict[str, dict[str, Any]] = {}
        self.jobs = FakeJobStore()

    async def find(self, user_id: str, job_id: str) -> dict[str, Any] | None:
        found = self.repricings.get(job_id)
        return found if found and found["user_id"] == user_id else None

    async def begin(self, document: dict[str, Any]) -> dict[str, Any]:
        found = self.repricings.get(document["job_id"])
        if found is not None and found["state"] == RUNNING:
            return found
        self.repricings[document["job_id"]] = {**document, "_id": document["job_id"], "requested_at": NOW}
        return self.repricings[document["job_id"]]

    async def find_running(self) -> list[RepricingTask]:
        return [task_of(document) for document in self.repricings.values() if document["state"] == RUNNING]

    async def set_settings(self, task: RepricingTask, settings: Mapping[str, Any]) -> None:
        job = self.jobs.jobs[task.job_id]
        if settings and any(job.settings.get(name) != value for name, value in settings.items()):
            self.jobs.put(replace(job, settings={**job.settings, **settings}, rev=job.rev + 1))

    async def advance(self, task: RepricingTask, *, after: int, repriced: int, left_out: int, done: bool) -> bool:
        found = self.repricings.get(task.job_id)
        if found is None or (found["id"], found["after"], found["state"]) != (task.id, task.after, RUNNING):
            return False
        found |= {"after": after, "repriced": found["repriced"] + repriced, "left_out": found["left_out"] + left_out}
        if done:
            found |= {"state": str(RepricingState.DONE), "completed_at": NOW}
        return True

    async def fail(self, task: RepricingTask) -> None:
        found = self.repricings.get(task.job_id)
        if found is not None and found["id"] == task.id:
            found |= {"state": str(RepricingState.FAILED), "completed_at": NOW}

    async def forget(self, task: RepricingTask) -> None:
        self.repricings.pop(task.job_id, None)
