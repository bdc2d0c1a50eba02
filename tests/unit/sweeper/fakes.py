"""The sweeper's repository in memory, with ages on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.sweeper.repository import BATCH, SweeperRepository
from shared.blocks import Block
from shared.ids import outcome_id
from shared.jobs import LIVE, TERMINAL, ItemStatus, JobStatus
from shared.mongo import Document
from tests.fakes import FakeClock


class MemorySweeperRepository(SweeperRepository):
    def __init__(self, clock: FakeClock, *jobs: Document) -> None:
        self.jobs: dict[str, Document] = {job["_id"]: job for job in jobs}
        self.keys: dict[tuple[str, int], dict[int, tuple[int, str]]] = {}
        self.outcomes: dict[str, ItemStatus] = {}
        self.sources_deleted = 0
        self.deletions_finished = 0
        self.blocks: dict[str, Block] = {}
        self._clock = clock

    def _older(self, moment: datetime | None, seconds: float) -> bool:
        return moment is not None and moment < self._clock.now() - timedelta(seconds=seconds)

    def _having(self, field: str, age: float, *statuses: JobStatus) -> list[Document]:
        fields = (field, "created_at") if field == "queued_at" else (field,)
        moments = {name: next((j[f] for f in fields if f in j), None) for name, j in self.jobs.items()}
        found = [
            dict(j) for name, j in self.jobs.items() if j["status"] in statuses and self._older(moments[name], age)
        ]
        never = datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        return sorted(found, key=lambda job: job.get("healed_at") or never)[:BATCH]

    async def find_unsent(self, age: float) -> list[Document]:
        return [j for j in self._having("queued_at", age, JobStatus.PENDING) if j["submitted_at"] is None]

    async def find_unstarted(self, age: float) -> list[Document]:
        return self._having("submitted_at", age, JobStatus.PENDING)

    async def find_expired(self, age: float, takes: int) -> list[Document]:
        waiting = [j for j in self._having("queued_at", age, JobStatus.PENDING) if j["status_reason"] is None]
        return [j for j in waiting if j.get("takes", 0) >= takes and j["takes_run"] == j["run"]]

    async def find_blocks(self) -> dict[str, Block]:
        return dict(self.blocks)

    async def find_unannounced(self, age: float) -> list[Document]:
        return [j for j in self._having("completed_at", age, *TERMINAL) if not j["announced"]]

    async def judge(self, job: Document) -> Document:
        return job

    async def find_untold(self, age: float) -> list[Document]:
        return self._having("news_at", age, *JobStatus)

    async def mark_told(self, job_id: str, rev: int) -> None:
        job = self.jobs[job_id]
        job["news"] = [told for told in job["news"] if told["rev"] > rev]
        if not job["news"]:
            del job["news"], job["news_at"]

    async def find_stalled(self, age: float) -> list[Document]:
        return self._having("updated_at", age, JobStatus.PROCESSING)

    async def find_overdue(self) -> list[Document]:
        return self._having("deadline_at", 0, JobStatus.PROCESSING)

    async def mark_sent(self, jobs: Sequence[Document]) -> None:
        self._mark(jobs, submitted_at=self._clock.now())

    async def mark_announced(self, jobs: Sequence[Document]) -> None:
        self._mark(jobs, announced=True)

    def _mark(self, jobs: Sequence[Document], **values: object) -> None:
        for job in jobs:
            if self.jobs[job["_id"]]["run"] == job["run"]:
                self.jobs[job["_id"]].update(values)

    async def claim_healing(self, job: Document, age: float, heals: int) -> bool:
        stored = self.jobs[job["_id"]]
        healed_at = stored.get("healed_at")
        if stored["rev"] != job["rev"] or stored["status"] != JobStatus.PROCESSING:
            return False
        if healed_at is not None and not self._older(healed_at, age):
            return False
        stored.update(heals=heals, healed_at=self._clock.now())
        return True

    async def fail(self, job_id: str, rev: int, reason: str) -> Document | None:
        return None if self.jobs[job_id]["rev"] != rev else self._fail(job_id, reason)

    async def fail_run(self, job_id: str, run: int, reason: str) -> Document | None:
        return None if self.jobs[job_id]["run"] != run else self._fail(job_id, reason)

    def _fail(self, job_id: str, reason: str) -> Document | None:
        job = self.jobs[job_id]
        if job["status"] not in LIVE:
            return None
        ended = {"status": "FAILED", "error_message": reason, "status_reason": None, "announced": False}
        job.update(ended, rev=job["rev"] + 1, completed_at=self._clock.now(), updated_at=self._clock.now())
        return dict(job)

    async def find_ledger(self, job_id: str) -> bytes:
        return bytes(self.jobs[job_id].get("ledger", b""))

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]:
        return {place: pair for place, pair in self.keys.get((job_id, run), {}).items() if place in set(places)}

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        return {identity: self.outcomes[identity] for identity in outcome_ids if identity in self.outcomes}

    def end(self, job_id: str, run: int, *seqs: int, status: ItemStatus = ItemStatus.SUCCEEDED) -> None:
        """Give these items their outcome."""
        self.outcomes.update({outcome_id(job_id, run, seq): status for seq in seqs})

    async def find_old_jobs(self, age: float) -> list[Document]:
        return self._having("completed_at", age, *TERMINAL)

    async def delete_old_sources(self, age: float) -> None:
        self.sources_deleted += 1

    async def finish_deletions(self, age: float) -> int:
        self.deletions_finished += 1
        return 0

    async def delete_job(self, job: Document) -> bool:
        if self.jobs[job["_id"]]["rev"] != job["rev"]:
            return False
        del self.jobs[job["_id"]]
        return True
