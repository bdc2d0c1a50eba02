"""Fills a database with one large job and many running ones, as the services would have stored them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.ledger import Ledger
from shared.mongo import Database

USER = "demo"
CHUNK = 1_000
BATCH = 5_000
RUNNING_ITEMS = 5_000
SETTINGS = {
    "auto_analyze": True,
    "target_margin": 10.0,
    "japan_shipping_jpy": 0,
    "korea_shipping_krw": 0,
    "max_age_seconds": 300,
    "time_limit_seconds": 604_800,
}


def key(seq: int) -> str:
    return f"amazon.co.jp:B{seq:09d}"


async def fill(database: Database, *, items: int, running: int) -> tuple[str, list[str]]:
    """The id of a completed job of `items`, every tenth failed, and those of `running` jobs halfway through.

    Of these the first has its items as well, none with an outcome yet: what one sees of it may change at any moment.
    """
    large, others = "f" * 32, [f"{n:032x}" for n in range(running)]
    await database["items"].insert_many(
        [*_chunks(large, items), *(chunk for each in others[:1] for chunk in _chunks(each, RUNNING_ITEMS))]
    )
    outcomes = _outcomes(large, items)
    while batch := [each for _, each in zip(range(BATCH), outcomes, strict=False)]:
        await database["outcomes"].insert_many(batch)
    ledger = Ledger(b"", items)
    ledger.add(range(items))
    failed = len(range(0, items, 10))
    done = {"success_count": items - failed, "error_count": failed, "ledger": ledger.to_bytes(), "announced": True}
    ended = {"status": "COMPLETED", "completed_at": datetime.now(UTC), **done}
    half = {"status": "PROCESSING", "success_count": RUNNING_ITEMS // 2, "error_count": 0, "announced": False}
    await database["jobs"].insert_many(
        [
            _job(large, items, items, **ended),
            *(_job(each, RUNNING_ITEMS, RUNNING_ITEMS // 2, **half) for each in others),
        ]
    )
    return large, others


def _chunks(job_id: str, items: int) -> Iterator[dict[str, Any]]:
    for first in range(0, items, CHUNK):
        last = min(first + CHUNK, items) - 1
        place = {"job_id": job_id, "run": 1, "first": first, "last": last}
        yield {"_id": f"{job_id}:1:{first}", **place, "keys": [key(seq) for seq in range(first, last + 1)]}


def _job(job_id: str, total: int, progress: int, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = dict.fromkeys(("created_at", "queued_at", "updated_at", "submitted_at", "started_at"), now)
    plain = {"user_id": USER, "type": "BULK_ASIN", "priority": "normal", "request": {"count": total}}
    state = {"status_reason": None, "run": 1, "rev": 1, "completed_at": None, "error_message": None, "fed": total}
    counts = {"total_items": total, "progress": progress}
    return {"_id": job_id, **plain, "settings": SETTINGS, **state, **times, **counts, **more}


def _outcomes(job_id: str, items: int) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    error = {"code": "not_found", "message": "There is no such product.", "retryable": False}
    for seq in range(items):
        marketplace, asin = key(seq).split(":")
        failed = seq % 10 == 0
        yield {
            "_id": f"{job_id}:1:{seq}",
            "job_id": job_id,
            "run": 1,
            "seq": seq,
            "marketplace": marketplace,
            "asin": asin,
            "status": "failed" if failed else "succeeded",
            "attempts": 1,
            "error": error if failed else None,
            "origin": None if failed else "fetched",
            "processed_at": now,
        }
