"""The books of a job: what its items and outcomes add up to, held against its counts and its ledger.

Memory is a few bits per item, whatever the job's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.api.problems import not_found
from services.api.records import Account
from services.api.responses import AuditCounts, AuditDifference, JobAudit
from services.api.stores import ItemStore
from services.api.views import CUT_SHORT
from shared.jobs import ItemStatus, JobStatus
from shared.ledger import Ledger, missing

BLOCK = 5_000
MAX_SEQS = 100


@dataclass
class Books:
    """What the stored items and outcomes say: a bit per item for each of the ways it may have ended."""

    succeeded: Ledger
    failed: Ledger
    items: int = 0
    strays: list[int] = field(default_factory=list)
    stray_count: int = 0

    @property
    def decided(self) -> bytes:
        either = int.from_bytes(self.succeeded.to_bytes(), "little") | int.from_bytes(self.failed.to_bytes(), "little")
        return either.to_bytes(len(self.succeeded.to_bytes()), "little")

    def stray(self, seqs: Iterable[int]) -> None:
        """Outcomes of places that the job does not have."""
        for seq in seqs:
            self.stray_count += 1
            if len(self.strays) < MAX_SEQS:
                self.strays.append(seq)


class Auditor:
    """Reads what is stored about a job from the ground up."""

    def __init__(self, store: ItemStore) -> None:
        self._store = store

    async def audit(self, job_id: str) -> JobAudit:
        """Counts first, then what they should rest on: whatever the ledger has must be found. Raises Problem (404)."""
        account = await self._store.find_account(job_id)
        if account is None:
            raise not_found("job")
        return judge(job_id, account, await self._books(job_id, account))

    async def _books(self, job_id: str, account: Account) -> Books:
        items = 0
        async for chunk in self._store.find_chunks(job_id, 1):
            items += chunk.count if chunk.first == items and chunk.last == items + chunk.count - 1 else 0
        total = items if account.total_items is None else account.total_items
        books = Books(Ledger(b"", total), Ledger(b"", total), items)
        later = Ledger(b"", total)
        for run in range(account.run, 0, -1):
            await self._add_run(job_id, run, books, later, total)
            if run in account.begun:
                async for chunk in self._store.find_chunks(job_id, run):
                    later.add(chunk.seqs or range(chunk.first, chunk.last + 1))
        return books

    async def _add_run(self, job_id: str, run: int, books: Books, later: Ledger, total: int) -> None:
        """Outcomes of a run count for the items that no later run has taken up."""
        taken = later.to_bytes()
        for status, into in ((ItemStatus.SUCCEEDED, books.succeeded), (ItemStatus.FAILED, books.failed)):
            after = -1
            while seqs := await self._store.find_finished(job_id, run, str(status), after, BLOCK):
                into.add(seq for seq in seqs if seq < total and not taken[seq >> 3] >> (seq & 7) & 1)
                books.stray(seq for seq in seqs if seq >= total)
                after = seqs[-1]


def judge(job_id: str, account: Account, books: Books) -> JobAudit:
    """The two accounts side by side, and where they differ. Pure."""
    total = account.total_items or account.known_items or 0
    cut = account.status in CUT_SHORT
    recorded = _counts(account.success_count, account.error_count, total, cut=cut)
    derived = _counts(books.succeeded.count, books.failed.count, total, cut=cut)
    differences = list(_differences(account, books))
    return JobAudit(
        job_id=job_id,
        rev=account.rev,
        run=account.run,
        status=account.status,
        total_items=account.total_items if account.known_items is None else account.known_items,
        stored_items=books.items,
        ledger_count=Ledger(account.ledger, total).count,
        recorded=recorded,
        derived=derived,
        balanced=all(difference.passing for difference in differences),
        differences=differences,
    )


def _counts(succeeded: int, failed: int, total: int, *, cut: bool) -> AuditCounts:
    left = max(0, total - succeeded - failed)
    return AuditCounts(
        total=total,
        succeeded=succeeded,
        failed=failed,
        cancelled=left if cut else 0,
        remaining=0 if cut else left,
    )


def _differences(account: Account, books: Books) -> Iterator[AuditDifference]:
    total = account.total_items
    if total is None:
        return
    # While facts are on their way the counts may lag behind; after COMPLETED nothing can be on its way any more.
    passing = account.status is not JobStatus.COMPLETED
    if books.items != total:
        yield _difference("items_missing", "Items stored in order, against the job's total", total, books.items)
    ledger = Ledger(account.ledger, total)
    counted = account.success_count + account.error_count
    if ledger.count != counted:
        yield _difference(
            "ledger_count", "Bits of the ledger, against success_count + error_count", counted, ledger.count
        )
    yield from _unmatched(ledger.to_bytes(), books.decided, total, passing=passing)
    if not passing:
        yield from _miscounted("succeeded", account.success_count, books.succeeded.count)
        yield from _miscounted("failed", account.error_count, books.failed.count)
    if books.stray_count:
        yield _difference("outcome_outside", "Outcomes of places beyond the total", 0, books.stray_count, books.strays)


def _unmatched(ledger: bytes, decided: bytes, total: int, *, passing: bool) -> Iterator[AuditDifference]:
    uncounted = _only(decided, ledger, total)
    if uncounted:
        text = "Outcomes that the ledger does not have yet"
        yield _difference("outcome_uncounted", text, 0, uncounted.bit_count(), _seqs(uncounted, total), passing=passing)
    unfounded = _only(ledger, decided, total)
    if unfounded:
        text = "Bits of the ledger without an outcome"
        yield _difference("outcome_missing", text, 0, unfounded.bit_count(), _seqs(unfounded, total))


def _only(these: bytes, not_those: bytes, total: int) -> int:
    """The bits of the job's items that only `these` have."""
    return int.from_bytes(these, "little") & ~int.from_bytes(not_those, "little") & ((1 << total) - 1)


def _seqs(bits: int, total: int) -> list[int]:
    """The lowest numbers whose bit is set."""
    size = (total + 7) // 8
    inverted = bytes(byte ^ 0xFF for byte in bits.to_bytes(size, "little"))
    return missing(inverted, 0, total, MAX_SEQS)


def _miscounted(name: str, recorded: int, derived: int) -> Iterator[AuditDifference]:
    if recorded != derived:
        yield _difference(
            f"{name}_count", f"Items {name} by their outcomes, against the job's count", recorded, derived
        )


def _difference(
    code: str, message: str, expected: int, actual: int, seqs: Iterable[int] = (), *, passing: bool = False
) -> AuditDifference:
    return AuditDifference(
        code=code, message=message, expected=expected, actual=actual, seqs=list(seqs)[:MAX_SEQS], passing=passing
    )
