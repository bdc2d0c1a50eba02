"""Putting an ended job back into the queue with its next run, alike for every service that may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.jobs import Step
from shared.selection import Selection
from shared.transitions import Transitions

# What a new run forgets of the one before.
_OF_A_RUN = ("deadline_at", "paused_at", "started_at", "completed_at", "submitted_at", "error_message")
_DROPPED = ("quality", "healed_at", "heals", "run_items", "selection", "chosen_up_to")


async def begin_run(
    transitions: Transitions,
    job_id: str,
    run: int,
    selection: Selection | None,
    *,
    where: Mapping[str, Any],
    actor: str,
    reason: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> bool:
    """False, and nothing changes, unless the job has ended and matches `where`. It is sent once somebody sends it.

    Without a selection its items are still to be found. `settings`, if given, are the job's from now on.
    """
    step = Step.RETRY if selection is None or selection.failed else Step.RECOLLECT
    values: dict[str, Any] = {**dict.fromkeys(_OF_A_RUN), "run": run, "fed": 0, "announced": False}
    if selection is not None:
        values["selection"] = selection.as_document()
    if settings is not None:
        values["settings"] = dict(settings)
    return await transitions.take(
        job_id,
        step,
        where=where,
        actor=actor,
        reason=reason,
        values=values,
        computed={"queued_at": "$$NOW"},
        dropped=[name for name in _DROPPED if name not in values],
    )
