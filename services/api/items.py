"""How an item looks to its user, derived from what is stored about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.api.records import Attempts, ItemError, Job, Outcome
from services.api.responses import ItemErrorView, ItemView
from services.api.views import CUT_SHORT, cancelled_count
from shared.jobs import TERMINAL, ItemStatus

UNFINISHED = frozenset({ItemStatus.QUEUED, ItemStatus.RUNNING, ItemStatus.CANCELLED})


def unfinished_status(job: Job, place: int | None, key: str) -> ItemStatus:
    """The status of an item without an outcome, `place` being where it stands in the run; None: it is not in it."""
    if job.status in CUT_SHORT or place is None:
        return ItemStatus.CANCELLED
    marketplace = key.partition(":")[0]
    return ItemStatus.RUNNING if place < job.fed_at(marketplace) else ItemStatus.QUEUED


def possible(job: Job, status: ItemStatus) -> bool:
    """Whether an item of this job can have `status` at all."""
    if status is ItemStatus.CANCELLED:
        return cancelled_count(job) > 0 or job.status in CUT_SHORT
    return status not in UNFINISHED or job.status not in TERMINAL


def unset_bits(ledger: bytes, after: int, end: int) -> Iterator[int]:
    """The numbers above `after` and below `end` whose bit (number % 8 of byte number // 8) is not set."""
    number = after + 1
    while number < end:
        byte = ledger[number // 8] if number // 8 < len(ledger) else 0
        if byte == 0xFF:
            number += 8 - number % 8
            continue
        if not byte >> number % 8 & 1:
            yield number
        number += 1


def item_view(
    seq: int, key: str, status: ItemStatus, outcome: Outcome | None = None, attempts: Attempts | None = None
) -> ItemView:
    """`outcome` when the item has one, else `attempts` when it was tried."""
    marketplace, _, asin = key.rpartition(":")
    tried = outcome or attempts
    return ItemView(
        seq=seq,
        asin=asin,
        marketplace=marketplace,
        status=status,
        attempts=tried.attempts if tried else 0,
        error=_error_view(tried.error) if tried else None,
        processed_at=outcome.processed_at if outcome else None,
        next_attempt_at=attempts.next_attempt_at if status is ItemStatus.RUNNING and attempts else None,
        origin=outcome.origin if outcome else None,
    )


def _error_view(error: ItemError | None) -> ItemErrorView | None:
    return None if error is None else ItemErrorView(code=error.code, message=error.message, retryable=error.retryable)
