"""The runs of a job, read off its document: which items the present one has, and how far it is. Pure.

The first run has every item, and so has one that follows a run whose items were never known. A later one has those
that were chosen to be tried again; `kept` counts the outcomes of earlier runs that stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The run under which every item of the job is stored, in order.
WHOLE = 1
# What a job's document must be read with for the functions below.
RUN_FIELDS = dict.fromkeys(("run", "run_items", "kept", "selection", "total_items", "progress", "fed", "lanes"), 1)

Job = Mapping[str, Any]


def items_run(job: Job) -> int:
    """The run under which the items of the present run are stored."""
    return WHOLE if job.get("run_items") is None else int(job["run"])


def run_total(job: Job) -> int | None:
    """How many items the present run has; None until they are known."""
    if unresolved(job):
        return None
    chosen = job.get("run_items")
    return int(job["total_items"] if chosen is None else chosen)


def run_progress(job: Job) -> int:
    """How many items of the present run have their outcome."""
    return int(job["progress"]) - int(job.get("kept") or 0)


def cursors_of(job: Job) -> dict[str, tuple[int, int]]:
    """By marketplace, of a job of several: the first place of the present run that may not have been handed out to it,
    and how many of its items have been. None for a job of one marketplace, nor for one that tells its `fed` alone."""
    lanes = job.get("lanes")
    if not lanes or lanes["run"] != job["run"]:
        return {}
    return {name: (place, handed) for name, place, handed in lanes["cursors"]}


def fed_at(job: Job, marketplace: str) -> int:
    """The first place of the present run that may not have been handed out to a marketplace."""
    fed = int(job["fed"])
    return cursors_of(job).get(marketplace, (fed, fed))[0]


def handed_out(job: Job) -> int:
    """How many items of the present run have been handed out, to all marketplaces together."""
    cursors = cursors_of(job)
    return sum(handed for _, handed in cursors.values()) if cursors else int(job["fed"])


def unresolved(job: Job) -> bool:
    """Whether the items of the present run are still to be found or chosen."""
    return job["total_items"] is None or job.get("selection") is not None
