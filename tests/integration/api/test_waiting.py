"""What a job waits for is read from the pace at the moment of reading: nothing else has to be put right afterwards."""

from __future__ import annotations

import time

from services.api.repository import MongoJobStore
from shared.mongo import Database
from tests.builders import HOME, job_document
from tests.integration.shared.conftest import database

__all__ = ["database"]


async def test_job_waits_for_as_long_as_the_pause_lasts(database: Database) -> None:
    lanes = {"run": 1, "cursors": [[HOME, 4, 2], ["amazon.de", 10, 5]]}
    mixed = {"marketplaces": [HOME, "amazon.de"], "lanes": lanes, "total_items": 10, "fed": 10}
    running = job_document(_id="a", status="PROCESSING", **mixed)
    keyword = job_document(_id="b", status="PROCESSING", request={"keyword": "tea", "marketplace": "amazon.fr"})
    await database["jobs"].insert_many([running, keyword, job_document(_id="c", marketplaces=[HOME])])
    store = MongoJobStore(database)
    until = time.time() + 100.0
    await database["pace"].insert_one({"_id": HOME, "blocked_until": round(until * 1e6), "reason": "captcha"})
    waits = await store.find_job("ann", "a")
    assert waits is not None
    assert waits.waiting_for is not None
    assert waits.waiting_for.marketplace == HOME
    assert abs(waits.waiting_for.until.timestamp() - until) < 0.001
    jobs = await store.find_jobs("ann", status=None, job_type=None, before=None, limit=10)
    assert {job.id: job.waiting_for is not None for job in jobs} == {"a": True, "b": False, "c": False}
    await database["pace"].update_one({"_id": HOME}, {"$set": {"blocked_until": round((time.time() - 1.0) * 1e6)}})
    after = await store.find_job("ann", "a")
    assert after is not None
    assert (after.waiting_for, after.status_reason) == (None, None)
