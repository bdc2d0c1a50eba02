"""What "counted exactly once" means, read from every place where it shows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from shared.ledger import Ledger
from tests.e2e.system import System


def assert_counted_exactly(system: System, job_id: str, *, total: int, failed: int = 0) -> None:
    """The job is COMPLETED; its counts, its ledger and the stored outcomes tell the same, each item once."""
    assert figures(system, job_id) == {
        "status": "COMPLETED",
        "total_items": total,
        "progress": total,
        "success_count": total - failed,
        "error_count": failed,
        "ledger": total,
    }
    assert outcomes(system, job_id) == {
        "seqs": list(range(total)),
        "statuses": {status: n for status, n in (("succeeded", total - failed), ("failed", failed)) if n},
    }


def figures(system: System, job_id: str) -> dict[str, Any]:
    """The job's counts as stored; `ledger` is the number of bits set in it."""
    job = system.database["jobs"].find_one({"_id": job_id})
    assert job is not None
    names = ("status", "total_items", "progress", "success_count", "error_count")
    ledger = Ledger(bytes(job["ledger"]), job["total_items"]).count
    return {**{name: job[name] for name in names}, "ledger": ledger}


def outcomes(system: System, job_id: str) -> dict[str, Any]:
    """The stored outcomes: the place of each in order, a place taken twice appears twice, and how many of each kind."""
    stored = list(system.database["outcomes"].find({"job_id": job_id}, {"seq": 1, "status": 1}))
    return {
        "seqs": sorted(outcome["seq"] for outcome in stored),
        "statuses": dict(Counter(outcome["status"] for outcome in stored)),
    }
