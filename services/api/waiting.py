"""What a running job waits for, worked out at each reading from the pace: gone as soon as the pause is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.api.records import Job, WaitingFor
from shared.blocks import Block
from shared.jobs import JobStatus


def explained(job: Job, marketplaces: Sequence[str], blocks: Mapping[str, Block]) -> Job:
    """The job, with those of its `marketplaces` that are blocked, if it runs, the one asked again soonest first.

    It waits for that one, unless items of a marketplace that is not blocked are still to be handed out.
    """
    blocked = [blocks[name] for name in marketplaces if name in blocks] if job.status is JobStatus.PROCESSING else []
    if not blocked:
        return job
    blocked.sort(key=lambda block: (block.until, block.marketplace))
    delayed_by = tuple(WaitingFor(block.marketplace, block.until) for block in blocked)
    reason = "waiting for " + ", ".join(f"{block.marketplace} until {_moment(block.until)}" for block in blocked)
    if any(job.has_left(name) for name in marketplaces if name not in blocks):
        return replace(job, status_reason=f"{reason}; its other items go on", delayed_by=delayed_by)
    return replace(job, status_reason=reason, delayed_by=delayed_by, waiting_for=delayed_by[0])


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
