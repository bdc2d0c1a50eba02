"""Taking jobs in and looking them up. Decides, writes, publishes; knows neither HTTP nor the database."""

from __future__ import annotations

from services.api import metrics
from services.api.courier import Courier, Publisher
from services.api.problems import not_found
from services.api.records import Job, NewJob
from services.api.stores import JobStore
from shared.jobs import JobStatus, JobType
from shared.log import get_logger
from shared.messages import JobSubmitted
from shared.outgoing import command

log = get_logger(__name__)


class JobHandlers:
    def __init__(self, store: JobStore, publisher: Publisher) -> None:
        self._store = store
        self._courier = Courier(publisher)

    async def create(self, new: NewJob, products: int = 0) -> Job | None:
        """Store the job whose sources are stored, and send it; None when its user has another job by the same key.

        Once this returns the job is never lost: inserting its document is the commit point, and until the broker has
        confirmed it, the document itself says that it is still to be sent.
        """
        job = await self._store.insert_job(new)
        if job is None:
            return None
        metrics.JOBS_ACCEPTED.labels(str(job.type)).inc()
        log.info("job_accepted", job_id=job.id, user_id=job.user_id, type=str(job.type), products=products or None)
        await self._send(job)
        return job

    async def get(self, user_id: str, job_id: str) -> Job:
        """Raises Problem (404), for another user's job as well."""
        job = await self._store.find_job(user_id, job_id)
        if job is None:
            raise not_found("job")
        return job

    async def page(
        self,
        user_id: str,
        *,
        status: JobStatus | None,
        job_type: JobType | None,
        tag: str | None,
        q: str | None = None,
        before: str | None,
        limit: int,
    ) -> tuple[list[Job], bool]:
        """Up to `limit` jobs, the newest first, and whether there are more."""
        jobs = await self._store.find_jobs(
            user_id, status=status, job_type=job_type, tag=tag, q=q, before=before, limit=limit + 1
        )
        return jobs[:limit], len(jobs) > limit

    async def _send(self, job: Job) -> None:
        message = JobSubmitted(job_id=job.id, run=job.run)
        submitted = command(message, message_id=f"{job.id}:{job.run}:submitted")
        await self._courier.deliver(submitted, lambda: self._store.mark_submitted(job.id, job.run))
