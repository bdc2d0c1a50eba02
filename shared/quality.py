"""The quality that a job's user asks for, and the verdict on it. Pure, and exact.

A gate is kept in a job's settings as `{"min_success_rate": percent or None, "min_coverage": {field: percent}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Document = dict[str, Any]

# Fields of a product's page that a gate can ask for.
GateField = Literal[
    "title",
    "price",
    "list_price",
    "brand",
    "author",
    "rating",
    "review_count",
    "images",
    "features",
    "categories",
    "weight_g",
    "dimensions_mm",
    "seller",
    "condition",
    "description",
    "aplus_images",
    "bestseller_ranks",
]

_CENT = Decimal("0.01")


class QualityReason(BaseModel):
    """A rule that was not kept; both shares in percent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str = Field(description="`min_success_rate`, or `min_coverage.` and the field")
    wanted: float
    got: float | None = Field(description="Rounded down to two places; null when there was nothing to measure")


class Quality(BaseModel):
    """Whether a job has come to what its quality gate asks for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Literal["passed", "failed"]
    reasons: tuple[QualityReason, ...] = Field(description="Every rule that was not kept")


def gate_of(job: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The gate of a stored job, if it has one."""
    return (job.get("settings") or {}).get("quality_gate")


def verdict_of(job: Mapping[str, Any]) -> Quality | None:
    """The verdict on the present run of a stored job, once it is given."""
    stored = job.get("quality")
    return None if stored is None or stored["run"] != job["run"] else Quality.model_validate(stored)


def lacking(page: Mapping[str, Any], gate: Mapping[str, Any] | None) -> list[str]:
    """The fields that a gate asks for and a collected page does not have."""
    return [] if gate is None else sorted(name for name in gate["min_coverage"] if page.get(name) in (None, [], ""))


def judge(gate: Mapping[str, Any], total: int, succeeded: int, lacks: Mapping[str, int]) -> Quality:
    """`total` items, of which so many succeeded, of which in turn so many lack each field.

    Items that failed or have no outcome count against the success rate; coverage is of those that succeeded.
    """
    measured: list[tuple[str, float, int, int]] = []
    if gate["min_success_rate"] is not None:
        measured.append(("min_success_rate", gate["min_success_rate"], succeeded, total))
    for name, wanted in sorted(gate["min_coverage"].items()):
        measured.append((f"min_coverage.{name}", wanted, succeeded - lacks.get(name, 0), succeeded))
    reasons = tuple(
        QualityReason(rule=rule, wanted=wanted, got=_percent(part, whole))
        for rule, wanted, part, whole in measured
        if not whole or 100 * part < Decimal(str(wanted)) * whole
    )
    return Quality(status="failed" if reasons else "passed", reasons=reasons)


def _percent(part: int, whole: int) -> float | None:
    return float((Decimal(100 * part) / whole).quantize(_CENT, rounding=ROUND_FLOOR)) if whole else None
