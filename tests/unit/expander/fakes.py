"""The expander's repositories in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from services.expander.admission import Claim, Standing
from services.expander.choosing import Choosing
from services.expander.repository import ExpanderRepository
from shared.blocks import Block, marketplaces_of
from shared.ids import outcome_id
from shared.jobs import LIVE, PRIORITIES, ItemStatus, JobStatus
from shared.ledger import missing
from shared.mongo import Document
from shared.runs import WHOLE, cursors_of, items_run, run_total


class StandingChoosing(Choosing):
    """Chooses nothing: every job it is asked about has begun its run, or not, as the test says."""

    def __init__(self) -> None:
        self.begun = True
        self.asked: list[str] = []

    async def advance(self, job: Document) -> bool:
        self.asked.append(job["_id"])
        return self.begun


class MemoryExpanderRepository(ExpanderRepository):
    """`fail_next` names methods that lose the database once before they do anything."""

    def __init__(self, *jobs: Document) -> None:
        self.jobs: dict[str, Document] = {job["_id"]: job for job in jobs}
        self.source_keys: dict[str, list[list[str]]] = {}
        self.items: dict[tuple[str, int, int], list[str]] = {}
        self.seqs: dict[tuple[str, int, int], list[int]] = {}
        self.outcomes: dict[str, ItemStatus] = {}
        self.blocks: dict[str, Block] = {}
        self.parked: dict[tuple[str, str], int] = {}
        self.slowed: dict[str, float] = {}
        self.fail_next: dict[str, Exception] = {}

    def _maybe_fail(self, method: str) -> None:
        if method in self.fail_next:
            raise self.fail_next.pop(method)

    def _change(self, job: Document, values: Document) -> None:
        job.update(values, rev=job["rev"] + 1)

    async def find_job(self, job_id: str) -> Document | None:
        job = self.jobs.get(job_id)
        return None if job is None else dict(job)

    async def find_jobs(self, job_ids: Sequence[str]) -> list[Document]:
        return [dict(self.jobs[job_id]) for job_id in job_ids if job_id in self.jobs]

    async def runs(self, job_id: str, run: int) -> bool:
        job = self.jobs.get(job_id)
        return job is not None and (job["run"], job["status"]) == (run, JobStatus.PROCESSING)

    async def mark_taken(self, job_id: str, run: int) -> None:
        self._maybe_fail("mark_taken")
        job = self.jobs[job_id]
        if (job["run"], job["status"]) == (run, JobStatus.PENDING):
            job.update(takes=job["takes"] + 1 if job.get("takes_run") == run else 1, takes_run=run)

    async def find_next_waiting(self, user_id: str, number: int) -> list[Document]:
        waiting = [
            job
            for job in self.jobs.values()
            if job["user_id"] == user_id and job["status"] == JobStatus.PENDING and job["status_reason"] is not None
        ]
        return sorted(waiting, key=_turn)[:number]

    async def sources(self, job_id: str) -> AsyncIterator[list[str]]:
        for keys in self.source_keys.get(job_id, []):
            yield keys

    async def insert_items(self, job_id: str, first: int, keys: Sequence[str]) -> Sequence[str]:
        self._maybe_fail("insert_items")
        return self.items.setdefault((job_id, WHOLE, first), list(keys)) if keys else keys

    async def find_earlier_keys(self, job_id: str, before: int) -> list[str]:
        chunks = sorted((i, keys) for i, keys in self.items.items() if i[:2] == (job_id, WHOLE) and i[2] < before)
        return [key for _, keys in chunks for key in keys]

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]:
        job = {"_id": job_id, "run": run, "run_items": 0 if run > WHOLE else None}
        return {place: (seq, key) for place, seq, key in self._walk_items(job) if place in places}

    async def find_ledger(self, job_id: str) -> bytes:
        return bytes(self.jobs[job_id].get("ledger", b""))

    async def mark_resumed(self, job: Document) -> None:
        self._maybe_fail("mark_resumed")
        stored = self.jobs[job["_id"]]
        if stored["run"] == job["run"]:
            stored["resumed"] = max(stored.get("resumed", 0), job.get("pauses") or 0)

    def _walk_items(self, job: Document) -> list[tuple[int, int, str]]:
        chunks = sorted((i, keys) for i, keys in self.items.items() if i[:2] == (job["_id"], items_run(job)))
        return [
            (place, seq, key)
            for i, keys in chunks
            for place, (seq, key) in enumerate(
                zip(self.seqs.get(i, range(i[2], i[2] + len(keys))), keys, strict=True), i[2]
            )
        ]

    async def find_next(
        self, job: Document, marketplace: str | None, place: int, number: int
    ) -> tuple[list[tuple[int, str]], int]:
        prefix = f"{marketplace}:" if marketplace else ""
        items = [i for i in self._walk_items(job) if i[0] >= place and i[2].startswith(prefix)][:number]
        reached = items[-1][0] + 1 if len(items) == number else run_total(job) or 0
        return [(seq, key) for _, seq, key in items], reached

    async def find_marketplaces(self, job: Document) -> Sequence[str]:
        return marketplaces_of(job) or sorted({key.partition(":")[0] for _, _, key in self._walk_items(job)})

    async def find_outstanding(self, job: Document) -> dict[int, str]:
        cursors, ledger = cursors_of(job), bytes(job.get("ledger") or b"")
        items = [(place, seq, key.partition(":")[0]) for place, seq, key in self._walk_items(job)]
        return {
            seq: name
            for place, seq, name in items
            if name in cursors and place < cursors[name][0] and missing(ledger, seq, seq + 1, 1)
        }

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        return {identity: self.outcomes[identity] for identity in outcome_ids if identity in self.outcomes}

    def end(self, job: Document, *seqs: int) -> None:
        """Give these items their outcome."""
        self.outcomes.update({outcome_id(job["_id"], job["run"], seq): ItemStatus.SUCCEEDED for seq in seqs})

    async def find_blocks(self) -> dict[str, Block]:
        return dict(self.blocks)

    async def find_fetch_seconds(self) -> dict[str, float]:
        return {}

    async def find_slowed_intervals(self) -> dict[str, float]:
        return dict(self.slowed)

    async def find_parked(self, job_ids: Sequence[str], marketplace: str) -> dict[str, int]:
        return {job_id: self.parked[job_id, marketplace] for job_id in job_ids if (job_id, marketplace) in self.parked}

    async def count_parked(self, job_ids: Sequence[str], marketplace: str) -> int:
        return sum(self.parked.get((job_id, marketplace), 0) for job_id in job_ids)

    async def save_expansion(self, job_id: str, run: int, expansion: Document) -> bool:
        self._maybe_fail("save_expansion")
        job = self.jobs[job_id]
        if job["run"] != run or job["status"] != "PROCESSING":
            return False
        job["expansion"] = expansion
        return True

    async def explain_wait(self, job_id: str, run: int, reason: str | None) -> None:
        if await self.runs(job_id, run):
            self.jobs[job_id]["status_reason"] = reason

    async def set_total(self, job_id: str, run: int, total: int, marketplaces: Sequence[str]) -> None:
        self._maybe_fail("set_total")
        job = self.jobs[job_id]
        if job["run"] == run and job["total_items"] is None:
            self._change(job, {"total_items": total, "marketplaces": list(marketplaces)})

    async def find_running(self) -> list[Document]:
        running = [job for job in self.jobs.values() if job["status"] == JobStatus.PROCESSING]
        return [dict(job) for job in running if job["total_items"] is not None]

    async def move_cursor(self, job: Document, changes: Document) -> bool:
        self._maybe_fail("move_cursor")
        stored = self.jobs[job["_id"]]
        if any(stored.get(name) != job.get(name) for name in ("run", "fed", "lanes", "pauses")):
            return False
        stored.update(changes)
        return True

    async def fail(self, job_id: str, run: int, reason: str) -> Document | None:
        job: dict[str, Any] = self.jobs[job_id]
        if job["run"] != run or job["status"] not in LIVE:
            return None
        self._change(job, {"status": "FAILED", "error_message": reason, "status_reason": None, "announced": False})
        return dict(job)

    async def mark_announced(self, job_id: str, run: int) -> None:
        if self.jobs[job_id]["run"] == run:
            self.jobs[job_id]["announced"] = True


class MemoryAdmissions:
    """Claims on the places of the users whose jobs these are."""

    def __init__(self, jobs: dict[str, Document]) -> None:
        self.jobs = jobs
        self.claims: dict[str, tuple[int, list[Claim]]] = {}

    async def find_job(self, job_id: str) -> Document | None:
        job = self.jobs.get(job_id)
        return None if job is None else dict(job)

    async def find_claims(self, user_id: str) -> tuple[int, list[Claim]]:
        return self.claims.get(user_id, (0, []))

    async def find_standings(self, user_id: str, job_ids: Collection[str]) -> dict[str, Standing]:
        return {
            name: Standing(JobStatus(job["status"]), job["rev"])
            for name, job in self.jobs.items()
            if name in job_ids or (job["user_id"], job["status"]) == (user_id, "PROCESSING")
        }

    async def count_first(self, job: Document, beside: Collection[str], most: int) -> int:
        others = [other for name, other in self.jobs.items() if name not in beside]
        mine = [other for other in others if other["user_id"] == job["user_id"]]
        return min(most, sum(other["status"] == JobStatus.PENDING and _turn(other) < _turn(job) for other in mine))

    async def swap_claims(self, user_id: str, rev: int, claims: Sequence[Claim]) -> bool:
        if self.claims.get(user_id, (0, []))[0] != rev:
            return False
        self.claims[user_id] = (rev + 1, list(claims))
        return True

    async def start(self, job: Document) -> bool:
        stored = self.jobs.get(job["_id"], {})
        if any(stored.get(name) != value for name, value in (("run", job["run"]), ("rev", job["rev"]))):
            return False
        if stored["status"] != JobStatus.PENDING:
            return False
        stored.update(status="PROCESSING", status_reason=None, rev=stored["rev"] + 1)
        return True

    async def mark_waiting(self, job_id: str, reason: str) -> None:
        if self.jobs[job_id]["status"] == JobStatus.PENDING:
            self.jobs[job_id]["status_reason"] = reason


def _turn(job: Document) -> tuple[int, str]:
    return PRIORITIES.index(job["priority"]), str(job["_id"])
