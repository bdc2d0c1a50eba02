"""Takes jobs in, each exactly once however often it is sent under one Idempotency-Key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.handlers import JobHandlers
from services.api.keys import Claim, KeyDesk, check_same
from services.api.records import Idempotency, Job, NewJob
from services.api.responses import JobAccepted
from services.api.stores import JobStore
from services.api.submission import Submission
from services.api.uploads import UploadReader
from services.api.views import accepted_view
from shared.errors import DatabaseUnavailableError
from shared.ids import new_id
from shared.jobs import JobType
from shared.log import get_logger
from shared.newjobs import SOURCE_KEYS

log = get_logger(__name__)

# Keys that an upload gathers before it stores them: ten chunks of sources.
KEYS_PER_INSERT = 10_000
# Smaller pieces are read at once; a larger one would hold up others for longer than handing it to a thread takes.
INLINE_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is answered; the very same when the request comes again."""

    view: JobAccepted
    replayed: bool = False


class Submitter:
    def __init__(self, jobs: JobHandlers, store: JobStore, keys: KeyDesk, now: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._store = store
        self._keys = keys
        self._now = now

    async def submit(self, user_id: str, submission: Submission, key: str | None = None) -> Accepted:
        """The job of this request. Raises Problem: 409 while the key's request is under way, 422 if it was another."""
        claim = await self._keys.claim(user_id, key, submission.fingerprint)
        if claim.response is not None:
            return _replayed(claim.response)
        async with self._keys.held(claim):
            new = _new_job(new_id(), claim, submission)
            async with self._sources(new.id) as sources:
                await sources.add(submission.keys)
                await sources.flush()
                return await self._create(new, claim, submission, sources)

    async def upload(
        self, user_id: str, reader: UploadReader, body: AsyncIterator[bytes], key: str | None = None
    ) -> Accepted:
        """The job of a list that is read as it arrives. Raises Problem as `submit` does, or 422 for the list."""
        claim = await self._keys.claim(user_id, key, None)
        if claim.response is not None:
            async for _ in self._keys_of(reader, body, claim):
                pass
            check_same(claim.fingerprint, reader.fingerprint)
            return _replayed(claim.response)
        async with self._keys.held(claim):
            job_id = new_id()
            async with self._sources(job_id) as sources:
                async for keys in self._keys_of(reader, body, claim):
                    await sources.add(keys)
                await sources.flush()
                submission = Submission(
                    type=JobType.BULK_ASIN,
                    options=reader.options,
                    request={"count": sources.count},
                    fingerprint=reader.fingerprint,
                    tally=reader.tally,
                    invalid=reader.invalid,
                )
                new = _new_job(job_id, claim, submission)
                return await self._create(new, claim, submission, sources)

    async def _keys_of(
        self, reader: UploadReader, body: AsyncIterator[bytes], claim: Claim
    ) -> AsyncIterator[list[str]]:
        """Piece by piece, so that others are served in between and the claim on the key does not lapse."""
        async for data in body:
            if len(data) <= INLINE_BYTES:
                yield reader.feed(data)
            else:
                yield await asyncio.to_thread(reader.feed, data)
            await self._keys.renew(claim)
        yield reader.finish()

    async def _create(self, new: NewJob, claim: Claim, submission: Submission, sources: Sources) -> Accepted:
        # From here on the job may be stored, whatever becomes of the answer.
        sources.keep()
        job = await self._jobs.create(new, sources.count)
        replayed = job is None
        if job is None:
            await sources.discard()
            job = await self._earlier(claim, submission)
        view = accepted_view(job, self._now(), submission)
        await self._keys.complete(claim, submission.fingerprint, view)
        return Accepted(view, replayed)

    async def _earlier(self, claim: Claim, submission: Submission) -> Job:
        """The job that a process which died before it could answer has made of this very request."""
        job = await self._store.find_job_by_key(claim.user_id, claim.token)
        if job is None or job.idempotency is None:
            raise RuntimeError("a job could not be inserted, and none was there")
        check_same(job.idempotency.fingerprint, submission.fingerprint)
        log.info("job_replayed", job_id=job.id)
        return job

    @contextlib.asynccontextmanager
    async def _sources(self, job_id: str) -> AsyncIterator[Sources]:
        """Sources of a job that comes to nothing are deleted; what may be a job's, or a crash left, is retention's."""
        sources = Sources(self._store, job_id)
        try:
            yield sources
        except BaseException:
            if not sources.kept:
                await sources.discard()
            raise


class Sources:
    """Stores keys in chunks as they come."""

    def __init__(self, store: JobStore, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._waiting: list[str] = []
        self._chunks = 0
        self.count = 0
        self.kept = False

    async def add(self, keys: Sequence[str]) -> None:
        self._waiting += keys
        self.count += len(keys)
        while len(self._waiting) >= KEYS_PER_INSERT:
            await self._insert(KEYS_PER_INSERT)

    async def flush(self) -> None:
        if self._waiting:
            await self._insert(len(self._waiting))

    async def _insert(self, count: int) -> None:
        await self._store.insert_sources(self._job_id, self._waiting[:count], self._chunks)
        self._chunks += -(-count // SOURCE_KEYS)
        del self._waiting[:count]

    def keep(self) -> None:
        """They are not deleted any more when what comes after them fails."""
        self.kept = True

    async def discard(self) -> None:
        try:
            await self._store.delete_sources(self._job_id, self.count)
        except DatabaseUnavailableError:
            log.warning("sources_left", job_id=self._job_id)


def _new_job(job_id: str, claim: Claim, submission: Submission) -> NewJob:
    options = submission.options
    return NewJob(
        id=job_id,
        user_id=claim.user_id,
        type=submission.type,
        priority=options.priority,
        request=submission.request,
        settings=options.settings,
        tags=options.tags,
        metadata=options.metadata,
        idempotency=None if claim.key is None else Idempotency(key=claim.token, fingerprint=submission.fingerprint),
    )


def _replayed(response: str) -> Accepted:
    return Accepted(JobAccepted.model_validate_json(response), replayed=True)
