"""What a running job waits for, worked out at each reading from the pace: gone as soon as the pause is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.api.records import Job, WaitingFor
from shared.blocks import Block, longest
from shared.jobs import JobStatus


def explained(job: Job, marketplaces: Sequence[str], blocks: Mapping[str, Block]) -> Job:
    """The job, with the marketplace that it waits for, if it runs and one of its `marketplaces` is blocked.

    Where several are, the one that lasts longest; items of the others go on meanwhile.
    """
    block = longest(blocks, marketplaces) if job.status is JobStatus.PROCESSING else None
    if block is None:
        return job
    reason = f"waiting for {block.marketplace} until {_moment(block.until)}"
    return replace(job, status_reason=reason, waiting_for=WaitingFor(block.marketplace, block.until))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
