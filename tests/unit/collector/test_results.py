"""Results become facts, one message per job and run; errors become what a user is told."""

from __future__ import annotations

import pytest

from services.collector.pipeline import describe
from services.collector.recorder import facts
from services.collector.results import ItemError, Observation, Result
from shared.errors import PermanentError, RetryableError
from shared.jobs import ItemStatus
from tests.builders import NOW, task

GOOD, BAD = ItemStatus.SUCCEEDED, ItemStatus.FAILED


def test_results_of_one_job_are_one_fact() -> None:
    [fact] = facts([(Result(task(seq)), GOOD if seq % 2 else BAD) for seq in range(5)])
    assert (fact.job_id, fact.run, fact.succeeded, fact.failed) == ("a-job", 1, (1, 3), (0, 2, 4))


def test_jobs_and_runs_are_told_apart() -> None:
    told = facts(
        [(Result(task(1)), GOOD), (Result(task(2, run=2)), BAD), (Result(task(3, job_id="b")), GOOD)],
    )
    assert [(f.job_id, f.run, f.succeeded, f.failed) for f in told] == [
        ("a-job", 1, (1,), ()),
        ("a-job", 2, (), (2,)),
        ("b", 1, (3,), ()),
    ]


def test_no_results_are_no_facts() -> None:
    assert facts([]) == []


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (Result(task(), observation=Observation({}, NOW)), GOOD),
        (Result(task(), error=ItemError("x", "y", retryable=False)), BAD),
        (Result(task(), known_status=BAD), BAD),
        (Result(task(), known_status=GOOD, error=ItemError("x", "y", retryable=False)), GOOD),
    ],
)
def test_stored_status_outweighs_the_new_one(result: Result, status: ItemStatus) -> None:
    assert result.status == status


def test_foreseen_error_tells_its_code_and_sentence() -> None:
    assert describe(PermanentError("no such page", code="not_found"), retryable=False) == ItemError(
        "not_found", "no such page", retryable=False
    )
    assert describe(RetryableError("slow", code="timeout"), retryable=True).retryable


def test_unforeseen_error_tells_nothing_of_itself() -> None:
    told = describe(KeyError("/home/secret"), retryable=False)
    assert told.code == "internal_error"
    assert "secret" not in told.message
