"""Taking jobs in and looking them up. Decides, writes, publishes; knows neither HTTP nor the database."""

from __future__ import annotations

from dataclasses import dataclass

from services.api import metrics
from services.api.courier import Courier, Publisher
from services.api.problems import invalid, not_found
from services.api.records import Idempotency, Job, NewJob
from services.api.stores import JobStore
from services.api.submission import Submission
from shared.broker import command
from shared.ids import new_id
from shared.jobs import JobStatus, JobType
from shared.log import get_logger
from shared.messages import JobSubmitted

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    job: Job
    replayed: bool = False


class JobHandlers:
    def __init__(self, store: JobStore, publisher: Publisher) -> None:
        self._store = store
        self._courier = Courier(publisher)

    async def submit(self, user_id: str, submission: Submission, key: str | None = None) -> Accepted:
        """The job that this request made, now or when it came before under the same key.

        Once this returns the job is never lost: inserting its document is the commit point, and until the broker has
        confirmed it, the document itself says that it is still to be sent. Raises Problem (422) for a key that was
        used for another request.
        """
        if key is not None and (earlier := await self._earlier(user_id, submission, key)):
            return earlier
        new = _new_job(user_id, submission, key)
        await self._store.insert_sources(new.id, submission.keys)
        if not await self._store.insert_job(new):
            await self._store.delete_sources(new.id, len(submission.keys))
            if key is not None and (earlier := await self._earlier(user_id, submission, key)):
                return earlier
            raise RuntimeError("a job could not be inserted, and none was there")
        job = await self.get(user_id, new.id)
        metrics.JOBS_ACCEPTED.labels(str(job.type)).inc()
        log.info(
            "job_accepted", job_id=job.id, user_id=user_id, type=str(job.type), products=len(submission.keys) or None
        )
        await self._send(job)
        return Accepted(job)

    async def get(self, user_id: str, job_id: str) -> Job:
        """Raises Problem (404), for another user's job as well."""
        job = await self._store.find_job(user_id, job_id)
        if job is None:
            raise not_found("job")
        return job

    async def page(
        self, user_id: str, *, status: JobStatus | None, job_type: JobType | None, before: str | None, limit: int
    ) -> tuple[list[Job], bool]:
        """Up to `limit` jobs, the newest first, and whether there are more."""
        jobs = await self._store.find_jobs(user_id, status=status, job_type=job_type, before=before, limit=limit + 1)
        return jobs[:limit], len(jobs) > limit

    async def _earlier(self, user_id: str, submission: Submission, key: str) -> Accepted | None:
        job = await self._store.find_job_by_key(user_id, key)
        if job is None:
            return None
        if job.idempotency is None or job.idempotency.fingerprint != submission.fingerprint:
            raise invalid("idempotency_key_reused", "This Idempotency-Key was used for another request.")
        log.info("job_replayed", job_id=job.id)
        return Accepted(job, replayed=True)

    async def _send(self, job: Job) -> None:
        message = JobSubmitted(job_id=job.id, run=job.run)
        submitted = command(message, message_id=f"{job.id}:{job.run}:submitted")
        await self._courier.deliver(submitted, lambda: self._store.mark_submitted(job.id, job.run))


def _new_job(user_id: str, submission: Submission, key: str | None) -> NewJob:
    return NewJob(
        id=new_id(),
        user_id=user_id,
        type=submission.type,
        priority=submission.priority,
        request=submission.request,
        settings=submission.settings,
        idempotency=None if key is None else Idempotency(key=key, fingerprint=submission.fingerprint),
    )
