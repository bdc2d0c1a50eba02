"""Durations of jobs are noted once each, as users see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.aggregator.counting import Change, JobCount
from services.aggregator.durations import observe
from shared.jobs import JobStatus
from tests.builders import count
from tests.fakes import EPOCH, FakeClock

CLOCK = FakeClock(at=100.0)
CREATED = EPOCH + timedelta(seconds=40)
RUNNING = replace(count(3), type="URL", created_at=CREATED, status=JobStatus.PROCESSING)
DONE = replace(RUNNING, success_count=3, status=JobStatus.COMPLETED)


def seen(name: str) -> tuple[float, float]:
    count, total = (REGISTRY.get_sample_value(f"{name}_{kind}", {"type": "URL"}) for kind in ("count", "sum"))
    return count or 0.0, total or 0.0


def added(name: str, before: tuple[float, float]) -> tuple[float, float]:
    now = seen(name)
    return now[0] - before[0], now[1] - before[1]


@pytest.mark.parametrize(
    ("before", "after", "first", "whole"),
    [
        (RUNNING, replace(RUNNING, success_count=1), (1, 60), (0, 0)),
        (RUNNING, replace(RUNNING, error_count=1), (0, 0), (0, 0)),
        (replace(RUNNING, success_count=1), replace(RUNNING, success_count=2), (0, 0), (0, 0)),
        (RUNNING, DONE, (1, 60), (1, 60)),
        (
            replace(RUNNING, run=2, started_at=CREATED + timedelta(seconds=50)),
            replace(DONE, run=2, started_at=CREATED + timedelta(seconds=50)),
            (0, 0),
            (1, 10),
        ),
        (replace(RUNNING, created_at=None), replace(DONE, created_at=None), (0, 0), (0, 0)),
        (
            replace(RUNNING, created_at=CREATED + timedelta(hours=1)),  # a clock that runs ahead
            replace(DONE, created_at=CREATED + timedelta(hours=1)),
            (1, 0),
            (1, 0),
        ),
    ],
)
def test_step_of_a_job_is_noted(before: JobCount, after: JobCount, first: object, whole: object) -> None:
    earlier = seen("asinflow_job_first_product_seconds"), seen("asinflow_job_seconds")
    observe(Change(before, after), CLOCK)
    assert added("asinflow_job_first_product_seconds", earlier[0]) == first
    assert added("asinflow_job_seconds", earlier[1]) == whole
