"""Queries of dry runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.api.quotes import Pace, RunningJob, marketplace_of
from shared.jobs import JobStatus, JobType
from shared.mongo import Collection, Database, Document, database_errors

# Jobs beyond these change an estimate by nothing that matters.
MOST_JOBS = 1_000
JOB_FIELDS = ("user_id", "status", "type", "request", "total_items", "progress")


class MongoQuoteStore:
    def __init__(self, database: Database) -> None:
        self._observations: Collection = database["observations"]
        self._pace: Collection = database["pace"]
        self._jobs: Collection = database["jobs"]

    async def count_fresh(self, keys: Sequence[str], max_age_seconds: float) -> dict[str, int]:
        since = datetime.now(UTC) - timedelta(seconds=max_age_seconds)
        with database_errors():
            cursor = self._observations.find({"_id": {"$in": list(keys)}}, {"observed_at": True})
            fresh = [d["_id"] async for d in cursor if d["observed_at"] > since]
        return dict(Counter(key.partition(":")[0] for key in fresh))

    async def find_paces(self, marketplaces: Sequence[str], interval: float) -> dict[str, Pace]:
        with database_errors():
            # A line per way out: the marketplace's own, and `<marketplace>@<name>` of each proxy. They are few.
            documents = await self._pace.find({}).to_list(None)
        now_us = datetime.now(UTC).timestamp() * 1_000_000
        return {
            name: _pace([d for d in documents if d["_id"].partition("@")[0] == name], interval, now_us)
            for name in marketplaces
        }

    async def find_unfinished(self) -> list[RunningJob]:
        query = {"status": {"$in": [str(JobStatus.PROCESSING), str(JobStatus.PENDING)]}}
        with database_errors():
            cursor = self._jobs.find(query, dict.fromkeys(JOB_FIELDS, True)).limit(MOST_JOBS)
            return [_running(document) async for document in cursor]


def _pace(lines: Sequence[Document], interval: float, now_us: float) -> Pace:
    intervals = [max(line["interval_us"], line.get("used_us", 0)) / 1_000_000 for line in lines]
    rate = sum(1 / each for each in intervals if each > 0)
    blocked = min((max(0.0, (line["blocked_until"] - now_us) / 1_000_000) for line in lines), default=0.0)
    return Pace(1 / rate if rate else interval, blocked)


def _running(job: Document) -> RunningJob:
    request = job["request"]
    total = job["total_items"] or request.get("count") or request.get("max_results") or 0
    return RunningJob(
        user_id=job["user_id"],
        is_running=job["status"] == JobStatus.PROCESSING,
        remaining=max(0, total - job["progress"]),
        marketplace=marketplace_of(JobType(job["type"]), request),
    )
