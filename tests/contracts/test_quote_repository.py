"""What a dry run rests on, read from the database."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.quote_repository import MongoQuoteStore
from services.api.quotes import Pace, RunningJob
from shared.mongo import connect
from tests.builders import job_document


async def test_fresh_observations_paces_and_unfinished_jobs_are_found(mongo_url: str, mongo_database: str) -> None:
    now = datetime.now(UTC)
    later = (now + timedelta(seconds=30)).timestamp() * 1_000_000
    async with connect(mongo_url, mongo_database, app="test") as database:
        await database["observations"].insert_many(
            {"_id": f"amazon.{place}:{n}", "observed_at": now - timedelta(seconds=age)}
            for place, n, age in [("de", 1, 10), ("de", 2, 1_000), ("fr", 1, 0), ("fr", 2, 5)]
        )
        line = {"interval_us": 0, "used_us": 2_000_000, "blocked_until": 0}
        await database["pace"].insert_many(
            [
                {"_id": "amazon.de", **line},
                {"_id": "amazon.de@one", **line},
                {"_id": "amazon.fr", **line, "interval_us": 4_000_000, "blocked_until": later},
            ]
        )
        keyword = {"keyword": "x", "marketplace": "amazon.de", "max_results": 20}
        await database["jobs"].insert_many(
            [
                job_document(status="PROCESSING", type="KEYWORD", request=keyword, total_items=10, progress=4),
                job_document(user_id="bob", type="BULK_ASIN", request={"count": 7}),
                job_document(status="COMPLETED"),
            ]
        )
        store = MongoQuoteStore(database)
        fresh = await store.count_fresh(["amazon.de:1", "amazon.de:2", "amazon.fr:1", "amazon.fr:9"], 300)
        paces = await store.find_paces(["amazon.de", "amazon.fr", "amazon.it"], 1.5)
        jobs = await store.find_unfinished()

    assert fresh == {"amazon.de": 1, "amazon.fr": 1}
    assert (paces["amazon.de"], paces["amazon.it"]) == (Pace(1.0, 0.0), Pace(1.5, 0.0))
    assert (paces["amazon.fr"].interval, paces["amazon.fr"].blocked) == (4.0, pytest.approx(30, abs=5))
    assert sorted(jobs, key=lambda job: job.user_id) == [
        RunningJob(user_id="ann", is_running=True, remaining=6, marketplace="amazon.de"),
        RunningJob(user_id="bob", is_running=False, remaining=7, marketplace=None),
    ]
