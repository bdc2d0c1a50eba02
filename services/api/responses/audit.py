"""A job's own counts beside what its items add up to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import JobStatus

AUDIT_EXAMPLE: dict[str, Any] = {
    "job_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "rev": 12,
    "run": 1,
    "status": "PROCESSING",
    "total_items": 100,
    "stored_items": 100,
    "ledger_count": 50,
    "recorded": {"total": 100, "succeeded": 48, "failed": 2, "cancelled": 0, "remaining": 50},
    "derived": {"total": 100, "succeeded": 49, "failed": 2, "cancelled": 0, "remaining": 49},
    "balanced": True,
    "differences": [
        {
            "code": "outcome_uncounted",
            "message": "Outcomes that the ledger does not have yet",
            "expected": 0,
            "actual": 1,
            "seqs": [50],
            "passing": True,
        }
    ],
}


class AuditCounts(BaseModel):
    """total = succeeded + failed + cancelled + remaining."""

    total: int
    succeeded: int
    failed: int
    cancelled: int
    remaining: int


class AuditDifference(BaseModel):
    """Where two accounts of a job differ."""

    code: str = Field(
        description="`items_missing`, `ledger_count`, `outcome_uncounted`, `outcome_missing`, `outcome_outside`, "
        "`succeeded_count` or `failed_count`"
    )
    message: str
    expected: int
    actual: int
    seqs: list[int] = Field(description="The first 100 items that it is about, where it is about items")
    passing: bool = Field(description="It is only that facts are still on their way")


class JobAudit(BaseModel):
    """What the job says of itself beside what its items and outcomes add up to."""

    model_config = ConfigDict(json_schema_extra={"examples": [AUDIT_EXAMPLE]})

    job_id: str
    rev: int
    run: int
    status: JobStatus
    total_items: int | None = Field(
        description="Null until the source is resolved: then there is nothing to compare. As in the job itself"
    )
    stored_items: int
    ledger_count: int = Field(description="Items that the ledger has")
    recorded: AuditCounts = Field(description="From the job's own counts")
    derived: AuditCounts = Field(description="From its items and their outcomes")
    balanced: bool = Field(description="There is no difference but such as are passing")
    differences: list[AuditDifference]
