"""What follows from a job's counts."""

from datetime import timedelta
from typing import Any

import pytest

from services.api.views import job_view
from shared.jobs import JobStatus, JobType
from tests.unit.api.builders import HOME, NOW, asin, job

SEARCH = {"keyword": "tea", "marketplace": HOME, "max_results": 60}


def test_counts_become_rates() -> None:
    view = job_view(job(total_items=100, progress=50, success_count=48, error_count=2), NOW)
    assert (view.progress_percent, view.success_rate) == (50.0, 96.0)
    assert (view.duration_seconds, view.items_per_second, view.eta_seconds) == (10.0, 5.0, 10.0)


def test_success_rate_has_one_decimal() -> None:
    ended = job(status=JobStatus.COMPLETED, total_items=3, progress=3, success_count=2, error_count=1)
    assert job_view(ended, NOW).success_rate == 66.7


def test_nothing_is_known_before_the_start() -> None:
    view = job_view(job(status=JobStatus.PENDING, started_at=None, total_items=None), NOW)
    assert (view.progress_percent, view.cancelled_count) == (0.0, 0)
    assert (view.success_rate, view.items_per_second, view.eta_seconds, view.duration_seconds) == (None,) * 4


def test_duration_is_never_negative() -> None:
    view = job_view(job(started_at=NOW + timedelta(seconds=3), progress=1, success_count=1), NOW)
    assert (view.duration_seconds, view.items_per_second, view.eta_seconds) == (0.0, None, None)


def test_duration_stops_at_the_end() -> None:
    ended = job(status=JobStatus.COMPLETED, completed_at=NOW - timedelta(seconds=6))
    assert job_view(ended, NOW).duration_seconds == 4.0


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.FAILED])
def test_items_left_by_an_early_end_are_cancelled(status: JobStatus) -> None:
    assert job_view(job(status=status, progress=1, success_count=1), NOW).cancelled_count == 2


def test_no_item_of_a_running_job_is_cancelled() -> None:
    assert job_view(job(), NOW).cancelled_count == 0


def test_almost_all_is_not_hundred_percent() -> None:
    assert job_view(job(total_items=1_000_000, progress=999_999), NOW).progress_percent == 99.9


def test_job_without_items_is_complete_when_it_says_so() -> None:
    assert job_view(job(total_items=0), NOW).progress_percent == 0.0
    assert job_view(job(status=JobStatus.COMPLETED, total_items=0), NOW).progress_percent == 100.0


def test_no_time_is_left_once_paused() -> None:
    assert job_view(job(status=JobStatus.PAUSED, progress=1, success_count=1), NOW).eta_seconds is None


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.FAILED])
@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"request": {"count": 100}}, 100),
        ({"type": JobType.KEYWORD, "request": SEARCH}, 0),
        (
            {
                "type": JobType.KEYWORD,
                "request": SEARCH,
                "found": 16,
            },
            16,
        ),
        ({"type": JobType.URL, "request": {"url": f"https://www.{HOME}/gp/bestsellers/toys", "max_results": 60}}, 0),
        ({"type": JobType.URL, "request": {"url": f"https://www.{HOME}/dp/{asin(7)}", "max_results": 60}}, 1),
        ({"type": JobType.URL, "request": {"url": "https://example.com/", "max_results": 60}}, 0),
    ],
)
def test_job_that_ends_before_its_items_are_found_out_has_those_known_by_then(
    status: JobStatus, changes: dict[str, Any], known: int
) -> None:
    view = job_view(job(status=status, total_items=None, fed=0, **changes), NOW)
    assert (view.total_items, view.cancelled_count, view.progress, view.progress_percent) == (known, known, 0, 0.0)


def test_job_that_goes_on_has_no_total_before_its_items_are_found_out() -> None:
    assert job_view(job(total_items=None), NOW).total_items is None
