"""Times of schedules go by their time zone, also when the clocks are put forward or back."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.schedules import BadCronError, BadZoneError, next_runs, scheduled_job_id


def due(cron: str, timezone: str, after: str, count: int = 3) -> list[str]:
    found = next_runs(cron, timezone, datetime.fromisoformat(after).replace(tzinfo=UTC), count)
    return [moment.strftime("%m-%d %H:%M") for moment in found]


def test_day_goes_by_the_time_zone() -> None:
    assert due("0 6 * * *", "Asia/Tokyo", "2026-11-23T06:00") == ["11-23 21:00", "11-24 21:00", "11-25 21:00"]
    assert due("0 6 * * 1", "America/New_York", "2026-10-26T12:00", 2) == ["11-02 11:00", "11-09 11:00"]


def test_time_that_the_clocks_skip_comes_at_once() -> None:
    assert due("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00") == ["03-29 01:00", "03-30 00:30", "03-31 00:30"]


def test_time_that_the_clocks_show_twice_comes_once() -> None:
    assert due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00") == ["10-25 00:30", "10-26 01:30", "10-27 01:30"]


def test_every_hour_is_every_hour_whatever_the_clocks_show() -> None:
    assert due("30 * * * *", "Europe/Berlin", "2026-10-24T23:00") == ["10-24 23:30", "10-25 00:30", "10-25 01:30"]
    assert due("30 * * * *", "Europe/Berlin", "2026-03-29T00:00") == ["03-29 00:30", "03-29 01:30", "03-29 02:30"]


def test_wildcard_for_the_minute_goes_by_what_the_clocks_show() -> None:
    twice = ["10-25 00:00", "10-25 00:30", "10-25 01:00", "10-25 01:30", "10-26 01:00"]
    assert due("*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 5) == twice
    assert due("0,30 2 * * *", "Europe/Berlin", "2026-10-24T12:00") == ["10-25 00:00", "10-25 00:30", "10-26 01:00"]
    assert due("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 2) == ["03-30 00:00", "03-30 00:30"]


@pytest.mark.parametrize("cron", ["", "x", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *"])
def test_what_is_no_expression_is_refused(cron: str) -> None:
    with pytest.raises(BadCronError):
        next_runs(cron, "UTC", datetime.now(UTC), 1)


@pytest.mark.parametrize("name", ["", "Nowhere", "/etc/passwd", "../x", "Asia"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(BadZoneError):
        next_runs("* * * * *", name, datetime.now(UTC), 1)


def test_job_of_a_time_has_one_id_that_sorts_by_it() -> None:
    early, late = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (6, 7))
    assert scheduled_job_id("s", early) == scheduled_job_id("s", early) < scheduled_job_id("s", late)
    assert scheduled_job_id("s", early) != scheduled_job_id("t", early)
    made = UUID(scheduled_job_id("s", early))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
