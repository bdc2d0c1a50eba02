"""Makes the jobs of schedules that are due: each once, however many leaders there are and wherever one dies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter

from services.sweeper.schedule_repository import ScheduleRepository
from shared.clock import Clock
from shared.log import get_logger
from shared.schedules import BadCronError, BadZoneError, next_runs, run_id, scheduled_job_id

log = get_logger(__name__)

# Rises with every time of a schedule that has come; outcome is fired, missed or overlap.
RUNS = Counter("asinflow_schedule_runs_total", "Times of schedules that have come", ["outcome"])


class Schedules:
    def __init__(self, repository: ScheduleRepository, clock: Clock, grace_seconds: float) -> None:
        """What is due for longer than the grace has been missed."""
        self._repository = repository
        self._clock = clock
        self._grace = timedelta(seconds=grace_seconds)

    async def sweep(self) -> None:
        for schedule in await self._repository.find_due():
            try:
                await self._come(schedule)
            except (BadCronError, BadZoneError) as error:
                # Of a time zone that the database of zones does not have any more: no reason to keep others waiting.
                log.warning("schedule_unusable", schedule_id=schedule["_id"], error=str(error))

    async def _come(self, schedule: dict[str, Any]) -> None:
        """Decide, make the job, go on: the decision is kept first, so that a repetition does the same."""
        due, now = schedule["next_at"], self._clock.now()
        run = await self._repository.decide(await self._run(schedule, due, now))
        if run["job_id"] is not None:
            await self._repository.make_job(schedule, run["job_id"])
        following = next_runs(schedule["cron"], schedule["timezone"], max(due, now), 1)
        await self._repository.advance(schedule, following[0] if following else None, run["job_id"])
        RUNS.labels(run["outcome"]).inc()
        log.info("schedule_due", schedule_id=schedule["_id"], outcome=run["outcome"], job_id=run["job_id"])

    async def _run(self, schedule: dict[str, Any], due: datetime, now: datetime) -> dict[str, Any]:
        outcome = await self._outcome(schedule, due, now)
        fired = outcome == "fired"
        return {
            "_id": run_id(schedule["_id"], due),
            "schedule_id": schedule["_id"],
            "user_id": schedule["user_id"],
            "due_at": due,
            "decided_at": now,
            "outcome": outcome,
            "job_id": scheduled_job_id(schedule["_id"], due) if fired else None,
            "previous_job_id": schedule["last_job_id"] if fired else None,
        }

    async def _outcome(self, schedule: dict[str, Any], due: datetime, now: datetime) -> str:
        if now - due > self._grace and schedule["missed"] == "skip":
            return "missed"
        if schedule["overlap"] == "skip" and await self._repository.is_live(schedule["last_job_id"]):
            return "overlap"
        return "fired"
