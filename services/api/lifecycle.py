"""What a user does with a job after submitting it: stop it for a while or for good, have it tried again, delete it.

Every step is one atomic write; whatever is to be told of it is told afterwards, and by the sweeper if we cannot.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Protocol

from services.api.courier import Courier
from services.api.problems import Problem, not_found, not_in_state
from services.api.records import Job, TimelineEntry
from shared.errors import DatabaseUnavailableError
from shared.job_events import ended
from shared.jobnews import news_of
from shared.jobs import LIVE, TERMINAL, JobStatus, Step, user_steps
from shared.log import get_logger
from shared.messages import JobSubmitted
from shared.outgoing import command
from shared.selection import Selection

log = get_logger(__name__)


class LifeStore(Protocol):
    """Every method raises DatabaseUnavailableError when the database cannot be used now."""

    async def find_job(self, user_id: str, job_id: str) -> Job | None: ...

    async def mark_cancelled(self, user_id: str, job_id: str) -> bool:
        """End the job at once; False when it is not there or has ended already."""

    async def mark_paused(self, user_id: str, job_id: str) -> bool:
        """Stop the job; False when it is not there, is paused or has ended."""

    async def mark_resumed(self, user_id: str, job_id: str) -> bool:
        """Let the job wait for its turn again; False when it is not there or not paused."""

    async def begin_run(self, job: Job, selection: Selection | None, max_age_seconds: int | None) -> bool:
        """Put the job back into the queue with its next run; False when it has changed since it was read.

        Without a selection its items are still to be found. `max_age_seconds`, if given, is its setting from now on.
        """

    async def set_priority(self, job: Job, priority: str) -> bool:
        """False when the job has ended, or changed in another way than by its progress, since it was read."""

    async def has_failed(self, job: Job, codes: tuple[str, ...] | None) -> bool:
        """Whether an item failed in any run, with one of these codes when given."""

    async def delete_job(self, job: Job) -> bool:
        """Delete the job and everything of it but products; False when it has changed since it was read."""

    async def was_deleted(self, user_id: str, job_id: str) -> bool:
        """Whether the user had a job of this id deleted a short while ago."""

    async def mark_told(self, job_id: str, rev: int) -> None:
        """The broker has what there was to be told of pauses and resumes up to this revision."""

    async def find_timeline(self, job: Job, after: int, limit: int) -> list[TimelineEntry]: ...

    async def mark_submitted(self, job_id: str, run: int) -> None: ...

    async def judge(self, job: Job) -> Job | None:
        """The ended job with the verdict on its quality, given now if there is none; None when it is gone."""

    async def mark_announced(self, job_id: str, run: int) -> None: ...


class LifeCycle:
    def __init__(self, store: LifeStore, courier: Courier) -> None:
        self._store = store
        self._courier = courier

    async def cancel(self, user_id: str, job_id: str) -> Job:
        """The job, CANCELLED; cancelling it again changes nothing. Raises Problem: 404, or 409 when it had ended."""
        cancelled = await self._store.mark_cancelled(user_id, job_id)
        job = await self._get(user_id, job_id)
        if job.status is not JobStatus.CANCELLED:
            raise refused(job, Step.CANCEL)
        if cancelled:
            log.info("job_cancelled", job_id=job_id, user_id=user_id, progress=job.progress)
        if job.gated and job.quality is None:
            job = await self._judged(job)
        if not job.announced and job.over:
            await self._courier.deliver(ended(job.document()), lambda: self._store.mark_announced(job.id, job.run))
        return job

    async def _judged(self, job: Job) -> Job:
        """With the verdict on its quality; without it when that cannot be given now: the sweeper gives it then."""
        try:
            return await self._store.judge(job) or job
        except DatabaseUnavailableError as error:
            log.warning("verdict_postponed", job_id=job.id, error=error.message)
            return job

    async def pause(self, user_id: str, job_id: str) -> Job:
        """The job, PAUSED; pausing it again changes nothing. Raises Problem: 404, or 409 when it has ended."""
        if await self._store.mark_paused(user_id, job_id):
            log.info("job_paused", job_id=job_id, user_id=user_id)
        job = await self._get(user_id, job_id)
        if job.status is not JobStatus.PAUSED:
            raise refused(job, Step.PAUSE)
        await self._tell_news(job)
        return job

    async def resume(self, user_id: str, job_id: str) -> Job:
        """The job, waiting for its turn; nothing changes when it was not paused.

        Raises Problem: 404, or 409 when it has ended.
        """
        took = await self._store.mark_resumed(user_id, job_id)
        job = await self._get(user_id, job_id)
        if job.status in TERMINAL:
            raise refused(job, Step.RESUME)
        if took:
            log.info("job_resumed", job_id=job_id, user_id=user_id)
            await self._submit(job)
        await self._tell_news(job)
        return job

    async def retry(self, user_id: str, job_id: str, codes: tuple[str, ...] | None, *, unfinished: bool) -> Job:
        """The job with its next run: failed items (of these codes, if given), and those without an outcome if asked.

        Raises Problem: 404, or 409 when it has not ended or has no such items.
        """
        job = await self._ended(user_id, job_id, Step.RETRY)
        if job.total_items is None:
            if not unfinished:
                raise _nothing("Its products were never found out; with `include_cancelled` that is tried again.", job)
            return await self._begin(job, None, Step.RETRY)
        left = unfinished and job.progress < job.total_items
        if not left and not (job.error_count and await self._store.has_failed(job, codes)):
            raise _nothing(_why_nothing(job, codes, unfinished=unfinished), job)
        return await self._begin(job, Selection(behind=job.behind, codes=codes, unfinished=unfinished), Step.RETRY)

    async def recollect(self, user_id: str, job_id: str, older_than_seconds: int) -> Job:
        """The job with its next run: the items that succeeded and whose product was last seen longer ago than that.

        Raises Problem: 404, or 409 when it has not ended or nothing of it has succeeded.
        """
        job = await self._ended(user_id, job_id, Step.RECOLLECT)
        if not job.success_count:
            raise _nothing("No item of it has succeeded.", job)
        selection = Selection(behind=job.behind, failed=False, older_than_seconds=older_than_seconds)
        return await self._begin(job, selection, Step.RECOLLECT, older_than_seconds)

    async def prioritise(self, user_id: str, job_id: str, priority: str, revs: Collection[str] | None) -> Job:
        """The job with this priority. `revs` are the revisions of which it must have one, if given.

        Raises Problem: 404, 409 when it has ended, 412 when it is another revision.
        """
        while True:
            job = await self._get(user_id, job_id)
            if revs is not None and str(job.rev) not in revs:
                raise Problem(
                    412, "precondition_failed", "The job has changed since; look at it again.", retryable=True
                )
            if job.status in TERMINAL:
                raise refused(job, None)
            if job.priority == priority:
                return job
            if await self._store.set_priority(job, priority):
                log.info("priority_changed", job_id=job_id, priority=priority)
                return await self._get(user_id, job_id)

    async def delete(self, user_id: str, job_id: str, *, cancel: bool) -> None:
        """Delete an ended job, with `cancel` one that has not ended as well. Raises Problem: 404, or 409.

        Deleting it again changes nothing, as long as the deletion is remembered: its first answer may have been lost.
        """
        found = await self._store.find_job(user_id, job_id)
        if found is None and await self._store.was_deleted(user_id, job_id):
            return
        job = found or await self._get(user_id, job_id)
        if job.status in LIVE and not cancel:
            raise refused(job, None, "delete")
        if job.status in LIVE:
            await self.cancel(user_id, job_id)
        while (left := await self._store.find_job(user_id, job_id)) is not None:
            if await self._store.delete_job(left):
                break
            if left.status in LIVE:
                raise refused(left, None, "delete")
        log.info("job_deleted", job_id=job_id, user_id=user_id)

    async def timeline(self, user_id: str, job_id: str, after: int, limit: int) -> tuple[list[TimelineEntry], bool]:
        """Up to `limit` entries, the oldest first, and whether there are more. Raises Problem (404)."""
        found = await self._store.find_timeline(await self._get(user_id, job_id), after, limit + 1)
        return found[:limit], len(found) > limit

    async def _get(self, user_id: str, job_id: str) -> Job:
        job = await self._store.find_job(user_id, job_id)
        if job is None:
            raise not_found("job")
        return job

    async def _ended(self, user_id: str, job_id: str, step: Step) -> Job:
        job = await self._get(user_id, job_id)
        if job.status not in TERMINAL:
            raise refused(job, step)
        return job

    async def _begin(
        self, job: Job, selection: Selection | None, step: Step, max_age_seconds: int | None = None
    ) -> Job:
        while not await self._store.begin_run(job, selection, max_age_seconds):
            # Late outcomes have changed it, and it can be tried again; or another request has begun a run.
            changed = await self._ended(job.user_id, job.id, step)
            if changed.run != job.run:
                raise Problem(
                    409, "job_changed", "Another run of the job has begun and ended meanwhile.", retryable=True
                )
            job = changed
        begun = await self._get(job.user_id, job.id)
        log.info("run_asked_for", job_id=job.id, run=begun.run, step=str(step))
        await self._submit(begun)
        return begun

    async def _tell_news(self, job: Job) -> None:
        """In order; what the broker does not take now is told by the sweeper."""
        for rev, message in news_of(job.document()):
            await self._courier.deliver(message, partial(self._store.mark_told, job.id, rev))

    async def _submit(self, job: Job) -> None:
        message = command(JobSubmitted(job_id=job.id, run=job.run), message_id=f"{job.id}:{job.rev}:submitted")
        await self._courier.deliver(message, lambda: self._store.mark_submitted(job.id, job.run))


def refused(job: Job, step: Step | None, name: str = "change") -> Problem:
    """409: the step does not lead anywhere from the job's present state, and which ones do."""
    allowed = user_steps(job.status)
    wanted = name if step is None else str(step)
    code = "job_already_ended" if job.status in TERMINAL else "job_not_ended"
    detail = f"The job is {job.status}; {wanted} is not possible then, but {', '.join(allowed)}."
    if step is Step.RESUME and job.status is JobStatus.CANCELLED:
        detail += " `retry` with `include_cancelled` takes what it has left."
    return not_in_state(code, detail, str(job.status), allowed)


def _nothing(why: str, job: Job) -> Problem:
    detail = f"There is nothing to try again. {why}"
    return not_in_state("nothing_to_retry", detail, str(job.status), user_steps(job.status))


def _why_nothing(job: Job, codes: tuple[str, ...] | None, *, unfinished: bool) -> str:
    left = (job.total_items or 0) - job.progress
    hint = f" {left} have no outcome: `include_cancelled` takes them." if left and not unfinished else ""
    return (f"No item failed with {' or '.join(codes)}." if codes else "No item failed.") + hint
