"""When a schedule is due, and the id of the job that it then makes. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

FIELDS = 5


class BadCronError(ValueError):
    """The expression is none, or never due."""


class BadZoneError(ValueError):
    """There is no such time zone."""


def zone(name: str) -> ZoneInfo:
    """Raises BadZoneError unless `name` is of the IANA database."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadZoneError("must be a time zone such as Asia/Tokyo or Europe/Berlin") from error


def next_runs(cron: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    """The next `count` times after `after`, in UTC; fewer only when it is not due so often in decades.

    By Debian's cron: a fixed time that the clocks skip is due as soon as they have been put forward, one that they show
    twice is due once; what has a wildcard for its minute or hour is due whenever they show so: not in an hour that they
    skip, both times in one that they show twice. Raises BadCronError, BadZoneError.
    """
    if len(cron.split()) != FIELDS:
        raise BadCronError("must have five fields: minute, hour, day, month, day of the week")
    local = after.astimezone(zone(timezone))
    try:
        found = [moment.astimezone(UTC) for moment in islice(CronSim(cron, local), count)]
    except CronSimError as error:
        raise BadCronError(f"is no cron expression: {error}") from error
    return found


def run_id(schedule_id: str, due: datetime) -> str:
    return f"{schedule_id}:{int(due.timestamp())}"


def scheduled_job_id(schedule_id: str, due: datetime) -> str:
    """The one id of the job of a schedule at that time, whoever makes it: in the form of a UUID version 7.

    Its time is when it was due, so that it sorts among jobs by that.
    """
    digest = int.from_bytes(hashlib.sha256(run_id(schedule_id, due).encode()).digest()[:10], "big")
    value = (int(due.timestamp() * 1000) << 80) | digest
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return f"{value:032x}"
