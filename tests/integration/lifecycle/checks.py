"""What is true of every stored job at any moment, found out from its items and outcomes."""

from __future__ import annotations

from shared.jobs import STEPS, TERMINAL, JobStatus, Step
from shared.ledger import Ledger
from shared.mongo import Database, Document
from shared.timeline import Timeline


async def check_job(database: Database, job: Document) -> None:
    """Counts, ledger, outcomes and timeline tell the same story."""
    total = job["total_items"]
    assert job["progress"] == job["success_count"] + job["error_count"]
    if total is None:
        assert (job["progress"], job["fed"]) == (0, 0)
    else:
        await _check_counts(database, job, Ledger(bytes(job.get("ledger") or b""), total))
    assert (job["completed_at"] is not None) == (job["status"] in TERMINAL)
    await _check_timeline(database, job)


async def _check_counts(database: Database, job: Document, ledger: Ledger) -> None:
    outcomes: dict[int, str] = {}
    async for outcome in database["outcomes"].find({"job_id": job["_id"]}).sort("run", 1):
        if ledger.has(outcome["seq"]):  # what counts of an item is its latest outcome
            outcomes[outcome["seq"]] = outcome["status"]
    statuses = list(outcomes.values())
    assert ledger.count == job["progress"] == len(statuses)
    assert (statuses.count("succeeded"), statuses.count("failed")) == (job["success_count"], job["error_count"])
    assert job["progress"] <= job["total_items"]
    if job["status"] == JobStatus.COMPLETED:
        assert job["progress"] == job["total_items"]
    if job.get("run_items") is not None and job.get("selection") is None:
        assert job["fed"] <= job["run_items"]
        assert 0 <= job["progress"] - job["kept"] <= job["run_items"]


async def _check_timeline(database: Database, job: Document) -> None:
    """Every step in the timeline is one of the table, follows the one before, and the last leads to where it stands."""
    status, run, rev = JobStatus.PENDING, 1, 0
    for entry in await Timeline(database).find(job["_id"], 0, 1_000):
        assert entry["from"] == status
        assert entry["rev"] > rev
        if entry["kind"] in set(Step):
            rule = STEPS[Step(entry["kind"])]
            assert status in rule.sources
            assert entry["to"] == rule.target
            assert entry["run"] == run + (entry["kind"] in {Step.RETRY, Step.RECOLLECT})
        else:
            assert entry["to"] == status
        status, run, rev = JobStatus(entry["to"]), entry["run"], entry["rev"]
    assert (status, run) == (job["status"], job["run"])
    assert rev <= job["rev"]
