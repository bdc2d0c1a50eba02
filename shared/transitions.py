"""The one place where a job's status is written: only by a step of the table, and never without its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import DatabaseUnavailableError
from shared.jobs import STEPS, TERMINAL, Step
from shared.log import get_logger
from shared.metrics import JOBS_ENDED
from shared.mongo import Database, Document, UpdateOne, database_errors
from shared.timeline import Timeline, entry

log = get_logger(__name__)

Expression = Any


class Transitions:
    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._timeline = Timeline(database)

    async def take(
        self,
        job_id: str,
        step: Step,
        *,
        where: Mapping[str, Any] | None = None,
        actor: str,
        reason: str | None = None,
        values: Mapping[str, Any] | None = None,
        computed: Mapping[str, Expression] | None = None,
        dropped: Sequence[str] = (),
    ) -> bool:
        """Take the step and record it, in one atomic write; False, and nothing written, when the table refuses it from
        the job's present state, or the job does not match `where`.

        `values` are stored as they are, `computed` are aggregation expressions over the job as it was, `dropped` are
        fields that go. `rev` rises by one; a step to an end sets `completed_at` and leaves its event to be announced.
        """
        changes: list[Document] = [{"$set": _changes(step, actor, reason, values or {}, computed or {})}]
        if dropped:
            changes.append({"$unset": list(dropped)})
        with database_errors():
            if (await self._jobs.update_one(_query(job_id, step, where), changes)).matched_count == 0:
                return False
        await self.taken({job_id: step})
        return True

    async def taken(self, steps: Mapping[str, Step]) -> None:
        """To be called once a bulk has taken these steps of jobs, each by a write that `taking` made."""
        for step in steps.values():
            if STEPS[step].target in TERMINAL:
                JOBS_ENDED.labels(str(STEPS[step].target)).inc()
        try:
            await self._timeline.publish(*steps)
        except DatabaseUnavailableError as error:
            # The entries stay in the jobs: they are found there, and moved on with each job's next one.
            log.warning("timeline_behind", job_ids=list(steps), error=error.message)


def taking(
    job_id: str, step: Step, *, where: Mapping[str, Any], actor: str, reason: str | None, values: Mapping[str, Any]
) -> UpdateOne:
    """The write of `Transitions.take`, to be part of a bulk."""
    return UpdateOne(_query(job_id, step, where), [{"$set": _changes(step, actor, reason, values, {})}])


def _query(job_id: str, step: Step, where: Mapping[str, Any] | None) -> Document:
    return {**(where or {}), "_id": job_id, "status": {"$in": sorted(STEPS[step].sources)}}


def _changes(
    step: Step,
    actor: str,
    reason: str | None,
    values: Mapping[str, Any],
    computed: Mapping[str, Expression],
) -> Document:
    target = STEPS[step].target
    plain: Document = {"status": str(target), "status_reason": None}
    if target in TERMINAL:
        plain["announced"] = False
    changes: Document = {
        **{name: {"$literal": value} for name, value in {**plain, **values}.items()},
        "rev": {"$add": ["$rev", 1]},
        "updated_at": "$$NOW",
        "untold": entry(str(step), actor, reason, to=str(target), run=values.get("run")),
        **computed,
    }
    if target in TERMINAL:
        changes["completed_at"] = "$$NOW"
    return changes
