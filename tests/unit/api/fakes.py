"""Stand-ins for the database and the broker; tests/contracts proves the stores against the real ones."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.failures import (
    Choice,
    DeleteAnswer,
    Failure,
    FailureDetail,
    FailurePosition,
    RetryAnswer,
    refusal,
    to_detail,
    to_failure,
)
from services.api.item_retries import item_of
from services.api.life_repository import CANCELLED_UNBEGUN, CANCELLED_UNKNOWN
from services.api.products import SEARCHED, STORED, HistoryQuery, ProductQuery, stored_value
from services.api.queues import QueueList
from services.api.quotes import Pace, RunningJob
from services.api.ratelimits import Grant, Policy
from services.api.records import (
    Account,
    Attempts,
    ErrorGroup,
    ItemChunk,
    Job,
    KeyRecord,
    NewJob,
    Outcome,
    TimelineEntry,
)
from services.api.repricing import NewAnalysis
from services.api.responses import ProductStats
from services.api.samples import PageSample, SampleQuery
from services.api.stats import JobFigures
from shared import tracing
from shared.broker import Outgoing
from shared.errors import DatabaseUnavailableError
from shared.jobs import LIVE, STEPS, TERMINAL, JobStatus, JobType, Step
from shared.newjobs import SOURCE_KEYS
from shared.quality import judge
from shared.selection import Selection


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

    async def insert_job(self, job: NewJob) -> bool:
        self._check()
        if job.id in self.jobs:
            return True
        if job.idempotency and await self.find_job_by_key(job.user_id, job.idempotency.key):
            return False
        self.jobs[job.id] = _stored(job)
        return True

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


class FakeKeyStore:
    """Keys on a clock of their own, in seconds."""

    def __init__(self, lifetime: float = 86_400, lease: float = 60) -> None:
        self.records: dict[tuple[str, str], tuple[KeyRecord, float, float]] = {}
        self.time = 0.0
        self._lifetime = lifetime
        self._lease = lease

    async def claim(self, user_id: str, key: str, owner: str, fingerprint: str | None) -> KeyRecord:
        known = self.records.get((user_id, key))
        epoch = owner
        if known is not None:
            record, lease_until, expires_at = known
            if self.time <= expires_at:
                if record.owner is not None and (record.response is not None or self.time <= lease_until):
                    return record
                epoch = record.epoch
        record = KeyRecord(owner=owner, epoch=epoch, fingerprint=fingerprint, response=None)
        self.records[user_id, key] = (record, self.time + self._lease, self.time + self._lifetime)
        return record

    async def renew(self, user_id: str, key: str, owner: str) -> None:
        if (record := self._own(user_id, key, owner)) is not None:
            self.records[user_id, key] = (record, self.time + self._lease, self.records[user_id, key][2])

    async def complete(self, user_id: str, key: str, owner: str, fingerprint: str, response: str) -> None:
        if (own := self._own(user_id, key, owner)) is not None:
            record = replace(own, fingerprint=fingerprint, response=response)
            self.records[user_id, key] = (record, self.time, self.time + self._lifetime)

    async def release(self, user_id: str, key: str, owner: str) -> None:
        record = self._own(user_id, key, owner)
        if record is not None and record.response is None:
            self.records[user_id, key] = (replace(record, owner=None), *self.records[user_id, key][1:])

    def _own(self, user_id: str, key: str, owner: str) -> KeyRecord | None:
        known = self.records.get((user_id, key))
        return known[0] if known is not None and known[0].owner == owner else None


class FakeQuotaStore:
    """Quotas on a clock of their own, in seconds."""

    def __init__(self) -> None:
        self.time = 0.0
        self.draws = 0
        self._until: dict[tuple[str, str], float] = {}

    async def draw(self, user_id: str, policy: Policy, wanted: int) -> Grant:
        self.draws += 1
        base = max(self.time, self._until.get((user_id, policy.name), 0.0))
        fitting = int((policy.window - (base - self.time)) / policy.spacing + 0.001)
        granted = max(0, min(wanted, fitting))
        self._until[user_id, policy.name] = base + granted * policy.spacing
        return Grant(granted=granted, used_seconds=self._until[user_id, policy.name] - self.time)


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


class FakeItemStore:
    """Items of any job: `keys` of the first run, `places` by run of those tried again."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self.keys = list(keys)
        self.places: dict[int, dict[int, int]] = {}
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self.attempts: dict[tuple[int, int], Attempts] = {}
        self.ledger = b""
        self.account: Account | None = None
        self.ledger_reads = 0
        self.asked = 0

    def finish(self, *outcomes: Outcome) -> None:
        """Store outcomes and set their bits."""
        bits = bytearray(self.ledger.ljust(-(-len(self.keys) // 8), b"\0"))
        for outcome in outcomes:
            self.outcomes[outcome.run, outcome.seq] = outcome
            bits[outcome.seq // 8] |= 1 << outcome.seq % 8
        self.ledger = bytes(bits)

    async def find_ledger(self, job_id: str) -> bytes:
        self.ledger_reads += 1
        return self.ledger

    async def find_keys(self, job_id: str, first: int, last: int) -> dict[int, str]:
        self.asked = max(self.asked, last - first + 1)
        return {seq: self.keys[seq] for seq in range(max(0, first), min(last + 1, len(self.keys)))}

    async def find_places(self, job_id: str, run: int, first: int, last: int) -> dict[int, int]:
        return {seq: place for seq, place in self.places.get(run, {}).items() if first <= seq <= last}

    async def find_outcomes(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Outcome]:
        return {seq: self.outcomes[run, seq] for seq in seqs if (run, seq) in self.outcomes}

    async def find_finished(self, job_id: str, run: int, status: str, after: int, limit: int) -> list[int]:
        wanted = status == "succeeded"
        return sorted(s for (r, s), o in self.outcomes.items() if r == run and s > after and o.succeeded is wanted)[
            :limit
        ]

    async def find_attempts(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Attempts]:
        return {seq: self.attempts[run, seq] for seq in seqs if (run, seq) in self.attempts}

    async def count_failures(self, job_id: str, run: int) -> list[ErrorGroup]:
        kinds: dict[tuple[str, bool], list[str]] = {}
        for (_, _), outcome in sorted((key, o) for key, o in self.outcomes.items() if key[0] == run and o.error):
            assert outcome.error is not None
            kinds.setdefault((outcome.error.code, outcome.error.retryable), []).append(outcome.error.message)
        found = [ErrorGroup(code=k[0], retryable=k[1], count=len(m), message=m[0]) for k, m in kinds.items()]
        return sorted(found, key=lambda group: (-group.count, group.code))

    async def find_account(self, job_id: str) -> Account | None:
        return self.account

    async def find_chunks(self, job_id: str, run: int) -> AsyncIterator[ItemChunk]:
        if run == 1:
            for first in range(0, len(self.keys), 1_000):
                count = min(1_000, len(self.keys) - first)
                yield ItemChunk(first=first, last=first + count - 1, count=count, seqs=None)
        elif places := self.places.get(run):
            yield ItemChunk(first=0, last=len(places) - 1, count=len(places), seqs=list(places))


class FakeProductStore:
    def __init__(self, products: Sequence[dict[str, Any]] = ()) -> None:
        self.products = {product["_id"]: product for product in products}
        self.points: list[dict[str, Any]] = []

    async def find_product(self, user_id: str, marketplace: str, asin: str) -> dict[str, Any] | None:
        product = self.products.get(f"{user_id}:{marketplace}:{asin}")
        return product if product and product["user_id"] == user_id else None

    async def find_by_ids(
        self, user_id: str, ids: Sequence[str], fields: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        return {i: self.products[i] for i in ids if i in self.products and self.products[i]["user_id"] == user_id}

    async def find_products(self, user_id: str, query: ProductQuery) -> list[dict[str, Any]]:
        """In order of the value, missing ones lowest; ties go the other way."""
        field, descending = query.sort.field, query.sort.descending

        def rank(value: Any) -> tuple[bool, Any]:
            return (value is not None, value)

        def follows(product: dict[str, Any], value: Any, product_id: str) -> bool:
            if stored_value(product, field) == value:
                return (product["_id"] > product_id) is descending
            return (rank(stored_value(product, field)) < rank(value)) is descending

        found = [p for p in self.products.values() if _fits(p, user_id, query)]
        found.sort(key=lambda p: p["_id"], reverse=not descending)
        found.sort(key=lambda p: rank(stored_value(p, field)), reverse=descending)
        if (after := query.after) is not None:
            found = [p for p in found if p["_id"] != after.id and follows(p, after.value, after.id)]
        return found[: query.limit]

    async def set_analysis(
        self, user_id: str, marketplace: str, asin: str, collected_at: datetime | None, analysis: dict[str, Any]
    ) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None or product.get("collected_at") != collected_at:
            return False
        self.products[product["_id"]] = {**product, "analysis": analysis}
        return True

    async def set_analyses(self, user_id: str, analyses: Sequence[NewAnalysis]) -> int:
        there = [
            new
            for new in analyses
            if (known := self.products.get(new.product_id)) is not None
            and (known["user_id"], known.get("collected_at")) == (user_id, new.collected_at)
        ]
        for new in there:
            analysis = new.analysis.as_document()
            self.products[new.product_id] = {**self.products[new.product_id], "analysis": analysis}
        return len(there)

    async def change(self, user_id: str, marketplace: str, asin: str, changes: dict[str, Any]) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None:
            return False
        self.products[product["_id"]] = {**product, **changes}
        return True

    async def delete_product(self, user_id: str, marketplace: str, asin: str) -> bool:
        product = await self.find_product(user_id, marketplace, asin)
        if product is None:
            return False
        del self.products[product["_id"]]
        return True

    async def find_price_points(self, marketplace: str, asin: str, query: HistoryQuery) -> list[dict[str, Any]]:
        found = [
            point
            for point in self.points
            if (point["marketplace"], point["asin"]) == (marketplace, asin)
            and (query.since is None or point["at"] >= query.since)
            and (query.until is None or point["at"] < query.until)
            and (query.before is None or point["n"] < query.before)
        ]
        return sorted(found, key=lambda point: -point["n"])[: query.limit]


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


class FakeFailureStore:
    """Failures by id, as they are stored."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = {document["_id"]: document for document in documents}
        self.succeeded: set[str] = set()  # items, by the outcome that failed
        self.gone: set[str] = set()  # jobs

    def _chosen(self, chosen: Choice) -> list[dict[str, Any]]:
        found = [each for each in self.documents.values() if _is_chosen(each, chosen)]
        return sorted(found, key=lambda each: (each["failed_at"], each["_id"]), reverse=True)

    async def find_failures(
        self, chosen: Choice, *, limit: int, after: FailurePosition | None = None, retrying: bool | None = None
    ) -> list[Failure]:
        found = [
            each
            for each in self._chosen(chosen)
            if (after is None or (each["failed_at"], each["_id"]) < (after.failed_at, after.id))
            and retrying in {None, each["retry_requested_at"] is not None}
        ]
        return [to_failure(each) for each in found[:limit]]

    async def find_failure(self, failure_id: str) -> FailureDetail | None:
        return to_detail(self.documents[failure_id]) if failure_id in self.documents else None

    async def request_retries(self, chosen: Choice, by: str) -> RetryAnswer:
        found = self._chosen(chosen)
        refused = [each for each in found if refusal(each) is not None]
        waiting = [each for each in found if each not in refused and each["retry_requested_at"] is None]
        counts = Counter({"requested": 0, "refused": len(refused)})
        for each in waiting:
            counts.update((await self.request_retry(each["_id"], by)).model_dump(exclude={"complete"}))
        return RetryAnswer(**counts, complete=True)

    async def request_retry(self, failure_id: str, by: str) -> RetryAnswer:
        failure = self.documents.get(failure_id)
        item = failure["item"] if failure is not None else None
        if failure is not None and failure["retry_requested_at"] is None:
            if item is not None and item_of(item).job_id in self.gone:
                return RetryAnswer(requested=0, refused=1, complete=True)
            if item in self.succeeded:
                del self.documents[failure_id]
                return RetryAnswer(requested=0, already_done=1, refused=0, complete=True)
            asked = {"retry_requested_at": datetime.now(UTC), "retry_requested_by": by, "retry_error": None}
            failure.update(asked, retries=failure["retries"] + 1)
        return RetryAnswer(requested=1, items=int(item is not None), refused=0, complete=True)

    async def delete_failure(self, failure_id: str) -> bool:
        return self.documents.pop(failure_id, None) is not None

    async def delete_failures(self, chosen: Choice) -> DeleteAnswer:
        going = [each["_id"] for each in self._chosen(chosen) if each["retry_requested_at"] is None]
        for failure_id in going:
            del self.documents[failure_id]
        return DeleteAnswer(deleted=len(going), complete=True)


def _is_chosen(failure: dict[str, Any], chosen: Choice) -> bool:
    exact = {
        "queue": chosen.queue,
        "code": chosen.code,
        "type": chosen.type,
        "correlation_id": chosen.job_id,
    }
    text = f"{failure['message']}\0{failure['error_class'] or ''}".lower()
    return (
        all(value in {None, failure[name]} for name, value in exact.items())
        and (chosen.since is None or failure["failed_at"] >= chosen.since)
        and (chosen.until is None or failure["failed_at"] < chosen.until)
        and (chosen.q is None or chosen.q.lower() in text)
    )


class FakeQueues:
    """What the broker would tell; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.told = QueueList(items=[], source="amqp")
        self.error: Exception | None = None

    async def queues(self) -> QueueList:
        if self.error is not None:
            raise self.error
        return self.told


def _fits(product: dict[str, Any], user_id: str, query: ProductQuery) -> bool:
    exact = {"marketplace": query.marketplace, "asin": query.asin, "job_id": query.job_id}
    return (
        product["user_id"] == user_id
        and all(value is None or product[name] == value for name, value in exact.items())
        and (query.changed is None or (product.get("price_changed_at") is not None) is query.changed)
        and (query.favorite is None or bool(product.get("favorite")) is query.favorite)
        and all(_holds(product, word.lower()) for word in (query.q or "").split())
        and (query.category is None or stored_value(product, STORED["category"]) == query.category)
        and (query.availability is None or product.get("availability") == query.availability)
        and (query.profitable is None or (stored_value(product, "analysis.is_profitable") is True) is query.profitable)
        and all(_within(stored_value(product, STORED.get(n, n)), bounds) for n, bounds in query.ranges.items())
    )


def _holds(product: dict[str, Any], word: str) -> bool:
    return any(word in (product.get(name) or "").lower() for name in SEARCHED)


def _within(value: Any, bounds: tuple[Any, Any]) -> bool:
    least, most = bounds
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


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
