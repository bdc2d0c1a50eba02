"""Counting is exact: each item once, whatever is repeated, late, foreign or out of place."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.counting import apply, finish, newly_reached
from shared.jobs import TERMINAL, JobStatus
from shared.ledger import Ledger
from tests.builders import count, finished

TOTAL = 40
# Items in the order of their facts: each seq either succeeded or failed, as its one outcome says.
outcomes = st.lists(st.booleans(), min_size=TOTAL, max_size=TOTAL)
batches = st.lists(st.lists(st.integers(0, TOTAL + 2), max_size=20), max_size=20)


@given(outcomes, batches, st.integers(1, 3))
def test_items_are_counted_once_in_any_order(good: list[bool], told: list[list[int]], run: int) -> None:
    job, seen = count(TOTAL, run=2), set[int]()
    for seqs in told:
        inside = [seq for seq in seqs if 0 <= seq < TOTAL]
        strays = tuple(seq for seq in seqs if not 0 <= seq < TOTAL)
        succeeded = tuple(seq for seq in inside if good[seq]) + strays
        failed = tuple(seq for seq in inside if not good[seq])
        before = job
        job = apply(job, [finished(succeeded, failed, run=run)] * 2)
        seen |= set(inside) if run == 2 else set()
        assert job.rev == before.rev + (job is not before)
        assert (job is before) == (job.ledger == before.ledger)
    assert job.success_count == sum(good[seq] for seq in seen)
    assert job.error_count == len(seen) - job.success_count
    assert (job.status == JobStatus.COMPLETED) == (len(seen) == TOTAL)
    assert Ledger(job.ledger, TOTAL).count == job.progress


def test_completes_exactly_once() -> None:
    states = [count(3)]
    for fact in (finished((0, 1)), finished((1,), (2,)), finished((0, 1, 2))):
        states.append(apply(states[-1], [fact]))
    assert [state.status for state in states] == ["PROCESSING", "PROCESSING", "COMPLETED", "COMPLETED"]
    assert states[3] is states[2]
    assert (states[3].success_count, states[3].error_count) == (2, 1)


def test_many_facts_are_one_change() -> None:
    after = apply(count(100), [finished((seq,)) for seq in range(50)])
    assert (after.progress, after.rev) == (50, 2)


@pytest.mark.parametrize("run", [1, 3])
def test_facts_of_another_run_change_nothing(run: int) -> None:
    job = count(10, run=2)
    assert apply(job, [finished((1, 2), run=run)]) is job


def test_facts_before_the_total_change_nothing() -> None:
    job = count(None)
    assert apply(job, [finished((1,))]) is job


@pytest.mark.parametrize("status", sorted(TERMINAL - {JobStatus.COMPLETED}))
def test_ended_job_keeps_its_status_and_true_counts(status: JobStatus) -> None:
    after = apply(count(2, status=status), [finished((0, 1))])
    assert (after.status, after.progress) == (status, 2)


def test_job_of_no_items_is_complete_as_it_stands() -> None:
    after = finish(count(0))
    assert (after.status, after.rev) == (JobStatus.COMPLETED, 2)
    assert finish(after) is after


def test_unfinished_job_is_not_complete() -> None:
    job = count(1)
    assert finish(job) is job


def test_count_left_complete_by_a_crash_is_finished() -> None:
    """The last item was counted before its job's status could follow, in a run that the sweeper woke again."""
    counted = count(1, success_count=1, ledger=b"\1")
    assert apply(counted, [finished((0,))]).status == JobStatus.COMPLETED


def test_rev_never_stands_still_while_counts_change() -> None:
    states = [count(20)]
    for seq in (3, 3, 5, 7, 5):
        states.append(apply(states[-1], [finished((seq,))]))
    assert [later.rev - earlier.rev for earlier, later in pairwise(states)] == [1, 0, 1, 1, 0]


def test_run_is_done_when_its_own_items_are() -> None:
    """Of 10 items 6 keep their outcome, 3 are tried again, one is left out."""
    kept = Ledger(b"", 10)
    kept.add(range(6))
    job = count(10, run=2, success_count=6, kept=6, run_items=3, ledger=kept.to_bytes())
    after = apply(job, [finished((6, 7), run=2)])
    assert (after.status, after.progress) == (JobStatus.PROCESSING, 8)
    assert (apply(after, [finished((), (8,), run=2)]).status) == JobStatus.CANCELLED
    whole = count(9, run=2, success_count=6, kept=6, run_items=3, ledger=kept.to_bytes())
    assert apply(whole, [finished((6, 7, 8), run=2)]).status == JobStatus.COMPLETED


def test_run_without_items_ends_as_it_stands() -> None:
    job = count(2, run=2, success_count=2, kept=2, run_items=0, ledger=b"\x03")
    assert finish(job).status == JobStatus.COMPLETED


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.PROCESSING])
def test_nothing_counts_or_ends_while_items_are_chosen(status: JobStatus) -> None:
    job = count(2, run=2, status=status, success_count=1, error_count=1, ledger=b"\x03", choosing=True)
    assert finish(job) is job
    assert apply(job, [finished((0, 1), run=2)]) is job


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.PAUSED])
def test_job_that_does_not_run_ends_with_its_last_outcome(status: JobStatus) -> None:
    assert apply(count(1, status=status), [finished((0,))]).status == JobStatus.COMPLETED


def test_step_is_reached_once_and_the_end_is_none() -> None:
    job = count(40)
    steps: list[int] = []
    for seq in range(40):
        job = apply(job, [finished((seq,))])
        if reached := newly_reached(job):
            steps += reached
            job = replace(job, told=reached[-1])
    assert steps == list(range(5, 100, 5))


def test_leap_reaches_every_step_on_its_way() -> None:
    assert list(newly_reached(apply(count(40), [finished(tuple(range(9)))]))) == [5, 10, 15, 20]
    assert list(newly_reached(count(40, success_count=21, told=40))) == [45, 50]
    assert list(newly_reached(count(None))) == []
    assert list(newly_reached(count(40, success_count=21, status=JobStatus.CANCELLED))) == []


def test_later_run_begins_above_what_earlier_ones_have_left() -> None:
    run = count(40, run=2, success_count=30, kept=28, run_items=12)
    assert list(newly_reached(run)) == [75]
    assert list(newly_reached(replace(run, success_count=29))) == []
