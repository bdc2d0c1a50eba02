"""Stand-ins for the database and the broker; tests/contracts proves the stores against the real ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.life_repository import CANCELLED_UNBEGUN, CANCELLED_UNKNOWN
from services.api.queues import QueueList
from services.api.quotes import Pace, RunningJob
from services.api.records import (
    Job,
    NewJob,
    TimelineEntry,
)
from services.api.responses import ProductStats
from services.api.samples import PageSample, SampleQuery
from services.api.stats import JobFigures
from services.api.widths import usual
from shared import tracing
from shared.errors import DatabaseUnavailableError
from shared.jobs import LIVE, STEPS, TERMINAL, JobStatus, JobType, Step
from shared.newjobs import SOURCE_KEYS
from shared.outgoing import Outgoing
from shared.quality import judge
from shared.selection import Selection
from tests.unit.api.fake_failures import FakeFailureStore
from tests.unit.api.fake_items import FakeItemStore
from tests.unit.api.fake_limits import FakeKeyStore, FakeQuotaStore
from tests.unit.api.fake_products import FakeProductStore

__all__ = [
    "FakeBroker",
    "FakeClock",
    "FakeFailureStore",
    "FakeItemStore",
    "FakeJobStore",
    "FakeKeyStore",
    "FakeOperationsStore",
    "FakeProductStore",
    "FakeQueues",
    "FakeQuotaStore",
    "FakeQuoteStore",
    "FakeSampleStore",
    "FakeStatsStore",
]


def _searched(job: Job) -> str:
    """What people look for a job by, a line each."""
    asked = [str(job.request.get(name, "")) for name in ("keyword", "url")]
    return "\n".join([job.id, *asked, *job.tags, *job.metadata.keys(), *job.metadata.values()]).lower()


class FakeClock:
    """Stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.time = now
        self.elapsed = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class FakeJobStore:
    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.sources: dict[str, list[str]] = {}
        self.submitted: set[str] = set()
        self.timelines: dict[str, list[TimelineEntry]] = {}
        self.selections: dict[str, Selection | None] = {}
        self.failed_codes: dict[str, tuple[str, ...]] = {}
        self.deleted: dict[str, str] = {}
        self.down = False

    def _check(self) -> None:
        if self.down:
            raise DatabaseUnavailableError("the test has taken it down")

    def put(self, job: Job) -> Job:
        self.jobs[job.id] = job
        return job

    async def insert_sources(self, job_id: str, keys: Sequence[str], first: int = 0) -> None:
        self._check()
        if keys:
            self.sources[job_id] = [*self.sources.get(job_id, [])[: first * SOURCE_KEYS], *keys]

    async def delete_sources(self, job_id: str, count: int) -> None:
        self._check()
        self.sources.pop(job_id, None)

    async def insert_job(self, job: NewJob) -> Job | None:
        self._check()
        if job.id in self.jobs:
            return self.jobs[job.id]
        if job.idempotency and await self.find_job_by_key(job.user_id, job.idempotency.key):
            return None
        self.jobs[job.id] = _stored(job)
        return self.jobs[job.id]

    async def find_job(self, user_id: str, job_id: str) -> Job | None:
        self._check()
        job = self.jobs.get(job_id)
        return job if job and job.user_id == user_id else None

    async def find_job_by_key(self, user_id: str, key: str) -> Job | None:
        self._check()
        return next((j for j in self._of(user_id) if j.idempotency and j.idempotency.key == key), None)

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
        self._check()
        found = [
            job
            for job in self._of(user_id)
            if (tag is None or tag in job.tags)
            and status in {None, job.status}
            and job_type in {None, job.type}
            and (before is None or job.id < before)
            and all(word in usual(_searched(job)) for word in usual(q or "").lower().split())
        ]
        return sorted(found, key=lambda job: job.id, reverse=True)[:limit]

    async def mark_submitted(self, job_id: str, run: int) -> None:
        self._check()
        if self.jobs[job_id].run == run:
            self.submitted.add(job_id)

    async def mark_cancelled(self, user_id: str, job_id: str) -> bool:
        now = datetime.now(UTC)
        ended = {"completed_at": now, "updated_at": now, "announced": False}
        job = self.jobs.get(job_id)
        reason = "Cancelled by its user"
        if job is not None and job.total_items is None:
            reason = CANCELLED_UNBEGUN if job.type is JobType.BULK_ASIN else CANCELLED_UNKNOWN
        return self._take(user_id, job_id, Step.CANCEL, status_reason=reason, **ended)

    async def mark_paused(self, user_id: str, job_id: str) -> bool:
        return self._take(
            user_id, job_id, Step.PAUSE, status_reason="Paused by its user", **self._news(job_id, "pause")
        )

    async def mark_resumed(self, user_id: str, job_id: str) -> bool:
        resumed = self._take(user_id, job_id, Step.RESUME, status_reason=None, **self._news(job_id, "resume"))
        if resumed:
            self.submitted.discard(job_id)
        return resumed

    def _news(self, job_id: str, step: str) -> dict[str, Any]:
        job = self.jobs.get(job_id)
        return {} if job is None else {"news": (*job.news, {"rev": job.rev + 1, "step": step})}

    async def mark_told(self, job_id: str, rev: int) -> None:
        self._check()
        job = self.jobs[job_id]
        self.put(replace(job, news=tuple(told for told in job.news if told["rev"] > rev)))

    def _take(self, user_id: str, job_id: str, step: Step, **changes: Any) -> bool:
        self._check()
        job = self.jobs.get(job_id)
        if job is None or job.user_id != user_id or job.status not in STEPS[step].sources:
            return False
        target = STEPS[step].target
        self.timelines.setdefault(job_id, []).append(_entry(job, step, target, changes.get("run", job.run)))
        self.put(replace(job, status=target, rev=job.rev + 1, **changes))
        return True

    async def begin_run(self, job: Job, selection: Selection | None, max_age_seconds: int | None) -> bool:
        if self.jobs.get(job.id) != job:
            return False
        step = Step.RETRY if selection is None or selection.failed else Step.RECOLLECT
        settings = dict(job.settings)
        if max_age_seconds is not None:
            settings["max_age_seconds"] = min(max_age_seconds, settings["max_age_seconds"])
        times = {"started_at": None, "completed_at": None, "stretch_at": None}
        marks = {
            "fed": 0,
            "announced": False,
            "quality": None,
            "status_reason": None,
            "error_message": None,
            "run_items": None,
        }
        run = {"run": job.run + 1, "choosing": selection is not None, "behind": selection.behind if selection else 1}
        self.selections[job.id] = selection
        self.submitted.discard(job.id)
        return self._take(job.user_id, job.id, step, settings=settings, **run, **times, **marks)

    async def set_priority(self, job: Job, priority: str) -> bool:
        self._check()
        now = self.jobs.get(job.id)
        if now is None or now.status not in LIVE or (now.run, now.priority) != (job.run, job.priority):
            return False
        self.put(replace(now, priority=priority, rev=now.rev + 1))
        return True

    async def has_failed(self, job: Job, codes: tuple[str, ...] | None) -> bool:
        self._check()
        failed = self.failed_codes.get(job.id, ("not_found",) if job.error_count else ())
        return bool(failed) if codes is None else any(code in failed for code in codes)

    async def delete_job(self, job: Job) -> bool:
        self._check()
        if self.jobs.get(job.id) != job or job.status not in TERMINAL:
            return False
        del self.jobs[job.id]
        self.deleted[job.id] = job.user_id
        return True

    async def was_deleted(self, user_id: str, job_id: str) -> bool:
        self._check()
        return self.deleted.get(job_id) == user_id

    async def find_timeline(self, job: Job, after: int, limit: int) -> list[TimelineEntry]:
        first = _entry(job, "submit", JobStatus.PENDING, 1, rev=0, before=None, at=job.created_at)
        entries = [first, *self.timelines.get(job.id, [])]
        return [entry for entry in entries if entry.rev > after][:limit]

    async def judge(self, job: Job) -> Job | None:
        self._check()
        known = self.jobs.get(job.id)
        gate = job.settings.get("quality_gate")
        if known is None or gate is None or known.quality is not None:
            return known
        lacks = Counter[str]()
        verdict = judge(gate, known.known_items or 0, known.success_count, lacks)
        return self.put(replace(known, quality=verdict, rev=known.rev + 1))

    async def mark_announced(self, job_id: str, run: int) -> None:
        self._check()
        if self.jobs[job_id].run == run:
            self.put(replace(self.jobs[job_id], announced=True))

    def _of(self, user_id: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.user_id == user_id]


def _entry(job: Job, kind: str, after: JobStatus, run: int, **changes: Any) -> TimelineEntry:
    values = {"rev": job.rev + 1, "at": datetime.now(UTC), "before": job.status, "reason": None, "actor": "user"}
    return TimelineEntry(kind=str(kind), after=after, run=run, **{**values, **changes})


def _stored(job: NewJob) -> Job:
    now = datetime.now(UTC)
    return Job(
        id=job.id,
        user_id=job.user_id,
        type=job.type,
        priority=job.priority,
        request=job.request,
        settings=job.settings,
        idempotency=job.idempotency,
        status=JobStatus.PENDING,
        status_reason=None,
        run=1,
        rev=0,
        created_at=now,
        updated_at=now,
        started_at=None,
        completed_at=None,
        total_items=None,
        progress=0,
        success_count=0,
        error_count=0,
        fed=0,
        error_message=None,
        announced=False,
        tags=job.tags,
        metadata=job.metadata,
        trace_id=tracing.current_trace_id(),
    )


class FakeQuoteStore:
    def __init__(self) -> None:
        self.fresh: set[str] = set()
        self.paces: dict[str, Pace] = {}
        self.unfinished: list[RunningJob] = []

    async def count_fresh(self, keys: Sequence[str], max_age_seconds: float) -> dict[str, int]:
        return dict(Counter(key.partition(":")[0] for key in keys if key in self.fresh))

    async def find_paces(self, marketplaces: Sequence[str], interval: float) -> dict[str, Pace]:
        return {name: self.paces.get(name, Pace(interval)) for name in marketplaces}

    async def find_unfinished(self) -> list[RunningJob]:
        return self.unfinished


class FakeOperationsStore:
    def __init__(self) -> None:
        self.paces: list[dict[str, Any]] = []
        self.leases: dict[str, dict[str, Any]] = {}
        self.now = datetime.now(UTC)

    async def find_paces(self) -> tuple[list[dict[str, Any]], datetime]:
        return self.paces, self.now

    async def find_lease(self, name: str) -> dict[str, Any] | None:
        lease = self.leases.get(name)
        return lease if lease is not None and lease["until"] > self.now else None


class FakeStatsStore:
    """Figures of what other fakes hold."""

    def __init__(self, jobs: FakeJobStore, products: FakeProductStore) -> None:
        self._jobs = jobs
        self._products = products
        self.counts = 0

    def _of(self, user_id: str) -> list[Job]:
        return [job for job in self._jobs.jobs.values() if job.user_id == user_id]

    async def count_jobs(self, user_id: str) -> dict[JobStatus, int]:
        self.counts += 1
        return dict(Counter(job.status for job in self._of(user_id)))

    async def count_products(self, user_id: str, since: datetime) -> ProductStats:
        mine = [p for p in self._products.products.values() if p["user_id"] == user_id]
        return ProductStats(
            total=len(mine),
            favorite=sum(bool(p.get("favorite")) for p in mine),
            priced=sum("selling_price_krw" in p.get("resale", {}) for p in mine),
            priced_profitable=sum(
                "selling_price_krw" in p.get("resale", {}) and p["analysis"]["is_profitable"] is True for p in mine
            ),
            profitable=sum((p.get("analysis") or {}).get("is_profitable") is True for p in mine),
            collected_24h=sum(p["collected_at"] >= since for p in mine),
            changed_24h=sum((p.get("price_changed_at") or since - timedelta(days=1)) >= since for p in mine),
        )

    async def find_figures(self, user_id: str, since: datetime) -> list[JobFigures]:
        return [
            JobFigures(job.created_at, job.success_count, job.error_count)
            for job in self._of(user_id)
            if job.created_at >= since
        ]


class FakeSampleStore:
    def __init__(self) -> None:
        self.samples: list[PageSample] = []
        self.bodies: dict[str, bytes] = {}

    async def find_samples(self, query: SampleQuery) -> list[PageSample]:
        after = query.after
        found = [
            sample
            for sample in self.samples
            if query.marketplace in {None, sample.marketplace}
            and query.reason in {None, sample.reason}
            and (after is None or (sample.at, sample.id) < (after.at, after.id))
        ]
        return sorted(found, key=lambda sample: (sample.at, sample.id), reverse=True)[: query.limit]

    async def find_sample(self, sample_id: str) -> PageSample | None:
        return next((sample for sample in self.samples if sample.id == sample_id), None)

    async def find_body(self, sample_id: str) -> bytes | None:
        return self.bodies.get(sample_id)


class FakeQueues:
    """What the broker would tell; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.told = QueueList(items=[], source="amqp")
        self.error: Exception | None = None

    async def queues(self) -> QueueList:
        if self.error is not None:
            raise self.error
        return self.told


class FakeBroker:
    """Keeps what was published; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.error: Exception | None = None
        self.connected = True

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if self.error is not None:
            raise self.error
        self.published.extend(messages)
