"""A large finished job, as other services would have stored it."""

import itertools
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from shared.mongo import Binary, Database
from shared.profit import AnalysisSettings, ProductFacts, analyze, load_tables
from tests.unit.api.builders import HOME, NOW, RATE, asin, product

CHUNK = 1_000
# Of a product of 3,000 JPY and 750 g.
ANALYSIS = analyze(
    ProductFacts(price=Decimal(3000), weight_g=Decimal(750)), AnalysisSettings(), load_tables(None), {"JPY": RATE}
).as_document()


async def store_job(database: Database, job_id: str, count: int) -> None:
    """`count` items of the job, all finished, every tenth of them in vain; then the job COMPLETED."""
    for documents in _in_lots(_items(job_id, count), 10):
        await database["items"].insert_many(documents)
    for documents in _in_lots((_outcome(job_id, seq) for seq in range(count)), CHUNK):
        await database["outcomes"].insert_many(documents)
    changes = {
        "status": "COMPLETED",
        "total_items": count,
        "fed": count,
        "progress": count,
        "success_count": count - count // 10,
        "error_count": count // 10,
        "ledger": Binary(b"\xff" * (count // 8)),
    }
    await database["jobs"].update_one({"_id": job_id}, {"$set": changes})


async def store_products(database: Database, count: int, **more: Any) -> None:
    for documents in _in_lots((product(number, **more) for number in range(count)), CHUNK):
        await database["products"].insert_many(documents)


def _items(job_id: str, count: int) -> Iterator[dict[str, Any]]:
    for first in range(0, count, CHUNK):
        yield {
            "_id": f"{job_id}:1:{first}",
            "job_id": job_id,
            "run": 1,
            "first": first,
            "last": first + CHUNK - 1,
            "keys": [f"{HOME}:{asin(number)}" for number in range(first, first + CHUNK)],
        }


def _outcome(job_id: str, seq: int) -> dict[str, Any]:
    return {
        "_id": f"{job_id}:1:{seq}",
        "job_id": job_id,
        "run": 1,
        "seq": seq,
        "status": "succeeded" if seq % 10 else "failed",
        "attempts": 1,
        "error": None if seq % 10 else {"code": "not_found", "message": "gone", "retryable": False},
        "origin": "fetched",
        "processed_at": NOW,
    }


def _in_lots(documents: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(documents)
    return iter(lambda: list(itertools.islice(remaining, size)), [])
