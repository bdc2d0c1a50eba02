"""What users do with their schedules. Decides and writes; knows neither HTTP nor the database."""

from __future__ import annotations

from datetime import datetime

from services.api.deltas import Change, RunDelta, compare, run_delta
from services.api.handlers import JobHandlers
from services.api.keys import Making
from services.api.places import insert_in_place
from services.api.problems import Problem, not_found
from services.api.schedules import (
    NewSchedule,
    ScheduleAccepted,
    SchedulePatch,
    accepted_view,
    checked_runs,
    job_template,
    new_schedule,
    understood,
)
from services.api.settings import ApiSettings
from services.api.stores import Document, ScheduleStore
from shared.clock import Clock
from shared.jobs import LIVE
from shared.log import get_logger

log = get_logger(__name__)


class ScheduleDesk:
    def __init__(self, store: ScheduleStore, jobs: JobHandlers, settings: ApiSettings, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._clock = clock

    async def create(self, user_id: str, asked: NewSchedule, making: Making) -> ScheduleAccepted:
        """The schedule; the one that is there already, when it was made before under this id.

        Raises Problem: 422 for times or a job that will not do, 409 for one schedule too many.
        """
        submission = understood(asked.job, self._settings)
        timezone = asked.timezone or self._settings.schedule_timezone
        document = making.marked(new_schedule(making.id, user_id, asked, timezone, submission, self._now()))
        most = self._settings.schedules_per_user
        made = await insert_in_place(document, most, self._store.find_schedules, self._store.insert_schedule)
        if made is None:
            raise Problem(409, "too_many_schedules", f"You may have {most} schedules; delete one first.")
        making.check(made)
        log.info("schedule_created", schedule_id=making.id, user_id=user_id)
        return accepted_view(made, submission, self._now())

    async def all(self, user_id: str) -> list[Document]:
        return await self._store.find_schedules(user_id)

    async def get(self, user_id: str, schedule_id: str) -> Document:
        """Raises Problem (404), for another user's as well."""
        return _there(await self._store.find_schedule(user_id, schedule_id))

    async def change(self, user_id: str, schedule_id: str, asked: SchedulePatch) -> ScheduleAccepted:
        """Whatever changes its times lets them begin from now.

        Raises Problem: 422 for times or a job that will not do, 409 for another job while one is being made.
        """
        known, now = await self.get(user_id, schedule_id), self._now()
        changes = asked.model_dump(exclude_none=True, exclude={"job"})
        submission = None if asked.job is None else understood(asked.job, self._settings)
        if submission is not None:
            changes |= job_template(submission)
        if changes.keys() & {"cron", "timezone", "paused"}:
            times = {**known, **changes}
            changes["next_at"] = checked_runs(times["cron"], times["timezone"], now, 1)[0]
        # A job that is being made is made of one list, also when its maker dies in between and another goes on.
        idle_at = None if submission is None else now
        changed = await self._store.change_schedule(user_id, schedule_id, {**changes, "updated_at": now}, idle_at)
        if changed is None and await self.get(user_id, schedule_id):
            raise Problem(409, "schedule_due", "A job of it is due at this moment; try again.", retryable=True)
        return accepted_view(_there(changed), submission, now)

    async def keys(self, user_id: str, schedule_id: str) -> list[str]:
        """The products of its list, none of a search or a page. Raises Problem (404)."""
        found = await self._store.find_keys(user_id, schedule_id)
        if found is None:
            raise not_found("schedule")
        return found

    async def delete(self, user_id: str, schedule_id: str) -> None:
        """Its jobs stay."""
        if not await self._store.delete_schedule(user_id, schedule_id):
            raise not_found("schedule")

    async def runs(
        self, user_id: str, schedule_id: str, before: datetime | None, limit: int
    ) -> tuple[list[Document], bool]:
        """Up to `limit`, the latest first, and whether there are more."""
        await self.get(user_id, schedule_id)
        found = await self._store.find_runs(schedule_id, before, limit + 1)
        return found[:limit], len(found) > limit

    async def delta(self, user_id: str, schedule_id: str, run_id: str, kind: Change | None) -> RunDelta:
        """Raises Problem: 404, also when a job is gone by now, or 409 when there is nothing to compare yet."""
        await self.get(user_id, schedule_id)
        run = await self._store.find_run(schedule_id, run_id)
        if run is None:
            raise not_found("run")
        job_id, previous = run["job_id"], run["previous_job_id"]
        if job_id is None:
            raise Problem(409, "run_made_no_job", f"This run made no job: {run['outcome']}.")
        for each in filter(None, (previous, job_id)):
            if (await self._jobs.get(user_id, each)).status in LIVE:
                raise Problem(409, "job_not_ended", "Its job has not ended yet.", retryable=True)
        if previous is None:
            return run_delta(job_id, None, [], kind)
        before, after = await self._store.find_seen(previous), await self._store.find_seen(job_id)
        return run_delta(job_id, previous, list(compare(before, after)), kind)

    def _now(self) -> datetime:
        """As the database keeps it."""
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _there(found: Document | None) -> Document:
    if found is None:
        raise not_found("schedule")
    return found
