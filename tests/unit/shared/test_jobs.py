"""A job's life: which steps are legal."""

from __future__ import annotations

import pytest

from shared.jobs import TERMINAL, TRANSITIONS, JobStatus, before

S = JobStatus


def test_table_names_every_state() -> None:
    assert set(TRANSITIONS) == set(JobStatus)


@pytest.mark.parametrize("status", sorted(set(JobStatus) - TERMINAL))
def test_living_job_can_end_in_every_way(status: JobStatus) -> None:
    assert TRANSITIONS[status] >= TERMINAL


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_ended_job_only_starts_a_new_run(status: JobStatus) -> None:
    assert TRANSITIONS[status] == {S.PROCESSING}


def test_started_job_never_waits_to_start_again() -> None:
    assert S.PENDING not in TRANSITIONS[S.PROCESSING]


@pytest.mark.parametrize("target", sorted(JobStatus))
def test_before_is_the_table_read_backwards(target: JobStatus) -> None:
    assert before(target) == [status.value for status in JobStatus if target in TRANSITIONS[status]]


def test_no_state_follows_itself() -> None:
    assert all(status not in following for status, following in TRANSITIONS.items())
