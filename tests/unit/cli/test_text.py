"""Figures as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from cli.documents import Job
from cli.text import age, duration, interval, outcome, plain, subject
from tests.unit.cli.fake_api import a_job, completed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (185.4, "3 min 05 s"), (7800, "2 h 10 min")],
)
def test_duration_has_a_unit(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(None, ""), (0.05, "0.05 s"), (0.125, "0.12 s"), (1.5, "1.5 s")])
def test_interval_below_a_second_keeps_the_digits_that_count(seconds: float | None, shown: str) -> None:
    assert interval(seconds) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (None, ""),
        ("2026-11-23T11:59:55Z", "5s"),
        ("2026-11-23T11:00:01Z", "59m"),
        ("2026-11-22T12:00:01Z", "23h"),
        ("2026-11-13T11:00:00+00:00", "10d"),
        ("2026-11-23T12:00:09Z", "0s"),
    ],
)
def test_age_is_short_and_never_negative(moment: str | None, shown: str) -> None:
    assert age(moment, NOW) == shown


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (completed(), "COMPLETED: 3 collected, 1 failed, of 4, in 2.0 s (2.0/s)"),
        (
            a_job(status="CANCELLED", cancelled_count=2, duration_seconds=None),
            "CANCELLED: 1 collected, 1 failed, 2 cancelled, of 4",
        ),
        (
            a_job(status="FAILED", total_items=None, duration_seconds=None, error_message="Timeout: Job expired"),
            "FAILED: 1 collected, 1 failed: Timeout: Job expired",
        ),
    ],
)
def test_outcome_is_one_sentence(job: dict[str, Any], sentence: str) -> None:
    assert outcome(cast("Job", job)) == sentence


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        ({"count": 4}, "4 products"),
        ({"count": 1}, "1 product"),
        ({"url": "https://www.amazon.co.jp/s?k=x"}, "https://www.amazon.co.jp/s?k=x"),
        ({"keyword": "本", "marketplace": "amazon.co.jp"}, "“本” amazon.co.jp"),
    ],
)
def test_subject_says_what_a_job_is_about(request_: dict[str, Any], shown: str) -> None:
    assert subject(cast("Job", a_job(request=request_))) == shown


def test_plain_text_stays_on_its_line() -> None:
    assert plain("a\x1b[2J\tb\r\nc\u2028d\x9b") == "a [2J b  c d"
