"""How many jobs of a user run at once: exactly so many at most, whoever starts them at the same moment.

Before a job is started it claims one of its user's places, by compare-and-swap on the user's claims, and a start counts
only at the revision that the claim names. Nobody gives a place back: whether a claim still stands is read off its job,
so that none is ever lost to a crash (docs/adr/0036-places-are-claimed-before-a-start.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.jobs import JobStatus
from shared.log import get_logger
from shared.mongo import Document

log = get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """A place among its user's running jobs, for the job as it was at that revision."""

    job_id: str
    rev: int


@dataclass(frozen=True)
class Standing:
    """How a job stands now."""

    status: JobStatus
    rev: int

    def fulfils(self, claim: Claim) -> bool:
        """Whether it runs, or may still be started by whoever made the claim."""
        return self.status is JobStatus.PROCESSING or (self.status is JobStatus.PENDING and self.rev == claim.rev)


def places_taken(claims: Sequence[Claim], jobs: Mapping[str, Standing]) -> list[Claim]:
    """The claims that still stand, and one for every job that runs without any. Pure."""
    taken = [claim for claim in claims if claim.job_id in jobs and jobs[claim.job_id].fulfils(claim)]
    known = {claim.job_id for claim in taken}
    unclaimed = [
        Claim(job_id, job.rev)
        for job_id, job in jobs.items()
        if job.status is JobStatus.PROCESSING and job_id not in known
    ]
    return [*taken, *unclaimed]


class AdmissionStore(Protocol):
    async def find_job(self, job_id: str) -> Document | None: ...

    async def find_claims(self, user_id: str) -> tuple[int, list[Claim]]:
        """The user's claims, and their revision."""

    async def find_standings(self, user_id: str, job_ids: Collection[str]) -> dict[str, Standing]:
        """How these jobs stand, as far as they are there, and all that run."""

    async def count_first(self, job: Document, beside: Collection[str], most: int) -> int:
        """Waiting jobs of the same user that come before `job`, those `beside` left out; counted up to `most`."""

    async def swap_claims(self, user_id: str, rev: int, claims: Sequence[Claim]) -> bool:
        """Write the user's claims unless they have changed since they were read; False when they had."""

    async def start(self, job: Document) -> bool:
        """PENDING to PROCESSING, if the job is still at the revision that was read."""

    async def mark_waiting(self, job_id: str, reason: str) -> None: ...


class Admission:
    def __init__(self, store: AdmissionStore, limit: int) -> None:
        self._store = store
        self._limit = limit

    async def admit(self, job: Document) -> Document | None:
        """This run of the job, PROCESSING; None when it waits for its turn, or is not to be started any more."""
        run = job["run"]
        told_to_wait = False
        while job["run"] == run and job["status"] == JobStatus.PENDING:
            if await self._claim(job):
                await self._store.start(job)
            elif told_to_wait:
                return None
            else:
                # Then once more: a job may have ended before the mark, and nobody else would wake this one.
                await self._store.mark_waiting(job["_id"], f"waits for one of your {self._limit} running jobs to end")
                log.info("job_waits", job_id=job["_id"], user_limit=self._limit)
                told_to_wait = True
            found = await self._store.find_job(job["_id"])
            if found is None:
                return None
            job = found
        return job if (job["run"], job["status"]) == (run, JobStatus.PROCESSING) else None

    async def _claim(self, job: Document) -> bool:
        """Whether the job, at the revision that was read, has one of its user's places."""
        mine = Claim(job["_id"], job["rev"])
        while True:
            rev, claims = await self._store.find_claims(job["user_id"])
            jobs = await self._store.find_standings(job["user_id"], [claim.job_id for claim in claims])
            taken = places_taken(claims, jobs)
            if mine in taken and mine in claims:
                return True
            others = [claim for claim in taken if claim.job_id != mine.job_id]
            if len(others) == len(taken):
                room = self._limit - len(taken)
                # Nobody is counted where there is no room: each of a thousand jobs that wait is told so several times.
                if room <= 0 or await self._store.count_first(job, [claim.job_id for claim in taken], room) == room:
                    return False
            if await self._store.swap_claims(job["user_id"], rev, [*others, mine]):
                return True
