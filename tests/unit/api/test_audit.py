"""The books of a job balance, and each way in which they may not is told."""

from typing import Any

import pytest

from services.api.audit import Auditor
from services.api.problems import Problem
from services.api.records import Account
from services.api.responses import JobAudit
from shared.jobs import JobStatus
from tests.unit.api.builders import HOME, asin, failure, outcome
from tests.unit.api.fakes import FakeItemStore


def store(count: int = 10) -> FakeItemStore:
    return FakeItemStore([f"{HOME}:{asin(number)}" for number in range(count)])


async def audit(items: FakeItemStore, **changes: Any) -> JobAudit:
    values: dict[str, Any] = {
        "rev": 3,
        "run": 1,
        "status": JobStatus.PROCESSING,
        "total_items": len(items.keys),
        "success_count": 0,
        "error_count": 0,
        "ledger": items.ledger,
    }
    items.account = Account(**{**values, **changes})
    return await Auditor(items).audit("a-job")


def codes(found: JobAudit) -> list[tuple[str, int, bool]]:
    return [(difference.code, difference.actual, difference.passing) for difference in found.differences]


async def test_books_of_a_running_job_balance() -> None:
    items = store()
    items.finish(outcome(0), outcome(9), failure(3))
    found = await audit(items, success_count=2, error_count=1)
    assert (found.balanced, found.differences, found.ledger_count, found.stored_items) == (True, [], 3, 10)
    assert found.derived == found.recorded
    counts = found.derived
    assert counts.total == counts.succeeded + counts.failed + counts.cancelled + counts.remaining
    assert (counts.succeeded, counts.failed, counts.cancelled, counts.remaining) == (2, 1, 0, 7)


async def test_items_of_a_cancelled_job_without_outcome_are_cancelled() -> None:
    items = store()
    items.finish(outcome(0))
    found = await audit(items, success_count=1, status=JobStatus.CANCELLED)
    assert (found.balanced, found.derived.cancelled, found.derived.remaining) == (True, 9, 0)


async def test_outcome_on_its_way_to_the_ledger_is_passing_until_the_job_is_completed() -> None:
    items = store()
    items.finish(outcome(4), failure(7))
    running = await audit(items, ledger=b"")
    assert (running.balanced, codes(running)) == (True, [("outcome_uncounted", 2, True)])
    assert running.differences[0].seqs == [4, 7]
    completed = await audit(items, ledger=b"", status=JobStatus.COMPLETED)
    assert not completed.balanced
    assert codes(completed) == [
        ("outcome_uncounted", 2, False),
        ("succeeded_count", 1, False),
        ("failed_count", 1, False),
    ]


async def test_bit_without_an_outcome_is_told() -> None:
    items = store()
    items.finish(outcome(1))
    found = await audit(items, success_count=2, ledger=bytes([0b110]))
    assert (found.balanced, codes(found), found.differences[0].seqs) == (False, [("outcome_missing", 1, False)], [2])


async def test_counts_that_the_ledger_does_not_bear_out_are_told() -> None:
    items = store()
    items.finish(outcome(1))
    found = await audit(items, success_count=2)
    assert (found.balanced, codes(found)) == (False, [("ledger_count", 1, False)])


async def test_missing_items_and_outcomes_beyond_the_total_are_told() -> None:
    items = store()
    items.finish(outcome(9))
    found = await audit(items, total_items=8, ledger=b"")
    assert not found.balanced
    assert codes(found) == [("items_missing", 10, False), ("outcome_outside", 1, False)]
    assert found.differences[1].seqs == [9]
    astray = await audit(items, total_items=8)
    assert ("ledger_count", 1, False) in codes(astray)


async def test_item_tried_again_counts_by_its_last_run_only() -> None:
    items = store(4)
    items.finish(outcome(0), failure(1), failure(2), outcome(3), outcome(1, run=2))
    items.places = {2: {1: 0, 2: 1}}
    found = await audit(items, run=2, begun=(2,), success_count=3, error_count=0, ledger=bytes([0b1011]))
    assert (found.balanced, found.differences) == (True, [])
    assert (found.derived.succeeded, found.derived.failed, found.derived.remaining) == (3, 0, 1)


async def test_job_whose_source_is_not_resolved_has_nothing_to_compare() -> None:
    found = await audit(store(5), total_items=None)
    assert (found.balanced, found.derived.total, found.stored_items) == (True, 0, 5)


async def test_books_of_a_job_cancelled_before_its_items_were_stored_balance() -> None:
    found = await audit(store(0), status=JobStatus.CANCELLED, total_items=None, known_items=7)
    assert (found.total_items, found.stored_items, found.balanced, found.differences) == (7, 0, True, [])
    assert found.recorded == found.derived
    assert (found.recorded.total, found.recorded.cancelled, found.recorded.remaining) == (7, 7, 0)


async def test_lists_of_items_are_bounded() -> None:
    items = store(2_000)
    items.finish(*(outcome(seq) for seq in range(2_000)))
    found = await audit(items, ledger=b"")
    assert (found.differences[0].actual, found.differences[0].seqs) == (2_000, list(range(100)))


async def test_unknown_job_has_no_books() -> None:
    with pytest.raises(Problem) as refused:
        await Auditor(store()).audit("a-job")
    assert refused.value.code == "job_not_found"
