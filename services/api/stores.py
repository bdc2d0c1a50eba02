"""What the API asks of its storage: the protocols that the database and the fakes of the tests both keep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.api.deltas import Seen
from services.api.failures import Choice, DeleteAnswer, Failure, FailureDetail, FailurePosition, RetryAnswer
from services.api.products import HistoryQuery, ProductQuery
from services.api.records import Account, Attempts, ErrorGroup, ItemChunk, Job, KeyRecord, NewJob, Outcome
from services.api.repricing import NewAnalysis
from services.api.samples import PageSample, SampleQuery
from shared.jobs import JobStatus, JobType

Document = dict[str, Any]


class JobStore(Protocol):
    """Every method raises DatabaseUnavailableError when the database cannot be used now."""

    async def insert_sources(self, job_id: str, keys: Sequence[str], first: int = 0) -> None:
        """Store what a job is about, from its chunk `first` on; a second time changes nothing."""

    async def delete_sources(self, job_id: str, count: int) -> None:
        """Forget the sources of `count` keys of a job that was not stored."""

    async def insert_job(self, job: NewJob) -> Job | None:
        """Store a PENDING job; None when the user has already used its idempotency key."""

    async def find_job(self, user_id: str, job_id: str) -> Job | None: ...

    async def find_job_by_key(self, user_id: str, key: str) -> Job | None: ...

    async def find_jobs(
        self,
        user_id: str,
        *,
        status: JobStatus | None,
        job_type: JobType | None,
        tag: str | None = None,
        q: str | None = None,
        before: str | None,
        limit: int,
    ) -> list[Job]:
        """The newest first, only those older than the job `before`, and with all words of `q`."""

    async def mark_submitted(self, job_id: str, run: int) -> None:
        """The broker has this run of the job; the first mark stays."""


class ItemStore(Protocol):
    """Items are named by `seq`; a run after the first holds only the items that are tried again."""

    async def find_ledger(self, job_id: str) -> bytes: ...

    async def find_keys(self, job_id: str, first: int, last: int) -> dict[int, str]:
        """The product keys of the items from `first` to `last`, as far as they are known."""

    async def find_places(self, job_id: str, run: int, first: int, last: int) -> dict[int, int]:
        """Which of the items from `first` to `last` are tried again in `run` (above 1), and their places in it."""

    async def find_outcomes(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Outcome]: ...

    async def find_finished(self, job_id: str, run: int, status: str, after: int, limit: int) -> list[int]:
        """The lowest seqs above `after` whose outcome in `run` is `status`."""

    async def find_attempts(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Attempts]: ...

    async def count_failures(self, job_id: str, run: int) -> list[ErrorGroup]:
        """The failed outcomes of a run by their error's code, the most frequent first."""

    async def find_account(self, job_id: str) -> Account | None:
        """Counts and ledger of a job as they stood at one moment."""

    def find_chunks(self, job_id: str, run: int) -> AsyncIterator[ItemChunk]:
        """How the items of a run are stored, in order."""


class ProductStore(Protocol):
    async def find_product(self, user_id: str, marketplace: str, asin: str) -> Mapping[str, Any] | None: ...

    async def find_by_ids(
        self, user_id: str, ids: Sequence[str], fields: Sequence[str] | None = None
    ) -> dict[str, Document]:
        """Those of the user's products that are there, by id; with `fields` at least those of them."""

    async def find_products(self, user_id: str, query: ProductQuery) -> list[Document]: ...

    def scan_products(self, user_id: str, query: ProductQuery) -> AsyncIterator[Sequence[Document]]:
        """All that `find_products` would find without a limit, a block at a time."""

    async def set_analysis(
        self, user_id: str, marketplace: str, asin: str, collected_at: datetime | None, changes: Document
    ) -> bool:
        """Store `analysis` and `resale` of the product as collected then.

        False when it has been collected anew or is gone.
        """

    async def set_analyses(self, user_id: str, analyses: Sequence[NewAnalysis]) -> int:
        """Store each for the product as collected then; how many are."""

    async def change(self, user_id: str, marketplace: str, asin: str, changes: Document) -> bool:
        """Set fields that are the user's own; False when there is no such product."""

    async def delete_product(self, user_id: str, marketplace: str, asin: str) -> bool:
        """False when there is none."""

    async def find_price_points(self, marketplace: str, asin: str, query: HistoryQuery) -> list[Document]: ...


class SampleStore(Protocol):
    async def find_samples(self, query: SampleQuery) -> list[PageSample]:
        """The newest first."""

    async def find_sample(self, sample_id: str) -> PageSample | None: ...

    async def find_body(self, sample_id: str) -> bytes | None:
        """The page itself, compressed with gzip."""


class KeyStore(Protocol):
    """Idempotency keys, each of one user. A record past its lifetime, or left unfinished past its lease, is free.

    Its epoch is another one with each lifetime, and only then.
    """

    async def claim(self, user_id: str, key: str, owner: str, fingerprint: str | None) -> KeyRecord:
        """The record as it stands afterwards: `owner`'s own if the key was free."""

    async def renew(self, user_id: str, key: str, owner: str) -> None:
        """Begin the lease anew, if the key is still the owner's."""

    async def complete(self, user_id: str, key: str, owner: str, fingerprint: str, response: str) -> None:
        """Keep what was answered, if the key is still the owner's."""

    async def release(self, user_id: str, key: str, owner: str) -> None:
        """Let the key be used again, if it is still the owner's and nothing was answered."""


class FailureStore(Protocol):
    async def find_failures(
        self, chosen: Choice, *, limit: int, after: FailurePosition | None = None, retrying: bool | None = None
    ) -> list[Failure]:
        """The latest first; with `retrying` only those that are, or are not, about to be sent again."""

    async def find_failure(self, failure_id: str) -> FailureDetail | None: ...

    async def request_retries(self, chosen: Choice, by: str) -> RetryAnswer:
        """Ask for all chosen to be tried again, those that can be and are not about to be."""

    async def request_retry(self, failure_id: str, by: str) -> RetryAnswer:
        """Ask for this one to be tried again; a second time changes nothing."""

    async def delete_failure(self, failure_id: str) -> bool:
        """False when there was none."""

    async def delete_failures(self, chosen: Choice) -> DeleteAnswer:
        """All chosen but those about to be sent again."""


class WebhookStore(Protocol):
    """Webhooks are their user's: whoever asks for another's finds none."""

    async def insert_webhook(self, document: Document) -> bool:
        """False when its id, or its `place` among its user's, is taken."""

    async def find_webhooks(self, user_id: str) -> list[Document]:
        """The newest first."""

    async def find_webhook(self, user_id: str, webhook_id: str) -> Document | None: ...

    async def change_webhook(
        self, user_id: str, webhook_id: str, changes: Document, where: Document | None = None
    ) -> Document | None:
        """As it then is; None when there is none of which `where` holds."""

    async def delete_webhook(self, user_id: str, webhook_id: str) -> bool:
        """With its deliveries; False when there is none."""

    async def insert_delivery(self, document: Document) -> None: ...

    async def find_deliveries(
        self, webhook_id: str, *, state: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """The newest first, only those older than the one made at that time for that event."""

    async def find_delivery(self, webhook_id: str, event_id: str) -> Document | None: ...

    async def replay_delivery(self, webhook_id: str, event_id: str) -> Document | None:
        """Due at once, with its attempts beginning anew; None unless it had ended."""


class ScheduleStore(Protocol):
    """Schedules are their user's: whoever asks for another's finds none. They come without their lists of products."""

    async def insert_schedule(self, document: Document) -> bool:
        """False when its id, or its `place` among its user's, is taken."""

    async def find_schedules(self, user_id: str) -> list[Document]:
        """The newest first."""

    async def find_schedule(self, user_id: str, schedule_id: str) -> Document | None: ...

    async def find_keys(self, user_id: str, schedule_id: str) -> list[str] | None:
        """Its list of products."""

    async def change_schedule(
        self, user_id: str, schedule_id: str, changes: Document, idle_at: datetime | None = None
    ) -> Document | None:
        """As it then is; with `idle_at` only if nothing of it is due by then, else None."""

    async def delete_schedule(self, user_id: str, schedule_id: str) -> bool:
        """With its runs; False when there is none."""

    async def find_runs(self, schedule_id: str, before: datetime | None, limit: int) -> list[Document]:
        """The latest first, only those due before that."""

    async def find_run(self, schedule_id: str, run_id: str) -> Document | None: ...

    async def find_seen(self, job_id: str) -> dict[str, Seen]:
        """What a job saw of its products, by key."""
