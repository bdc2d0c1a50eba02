"""How long jobs take, as their users see it."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Histogram

from services.aggregator.counting import Change, JobCount
from shared.clock import Clock

SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)

# From a job's being taken in (a later run: from its start) until all of its items have their outcome.
JOB_SECONDS = Histogram("asinflow_job_seconds", "Time of a job until it completed", ["type"], buckets=SECONDS)
# From a job's being taken in until its first product is there. Grows when users wait behind others or the pace.
FIRST_PRODUCT_SECONDS = Histogram(
    "asinflow_job_first_product_seconds", "Time of a job until its first product", ["type"], buckets=SECONDS
)


def observe(change: Change, clock: Clock) -> None:
    """Note what has just come about in a job. A crash between storing and noting it loses one observation."""
    before, after = change.before, change.after
    if before.success_count == 0 < after.success_count and after.run == 1:
        _observe(FIRST_PRODUCT_SECONDS, after, after.created_at, clock)
    if change.ends:
        _observe(JOB_SECONDS, after, after.created_at if after.run == 1 else after.started_at, clock)


def _observe(histogram: Histogram, count: JobCount, since: datetime | None, clock: Clock) -> None:
    if since is not None:
        histogram.labels(count.type).observe(max(0.0, (clock.now() - since).total_seconds()))
