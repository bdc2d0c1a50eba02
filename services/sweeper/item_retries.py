"""Has items collected again whose message was dead, as operators ask: by a new run of their job, once it has ended."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter

from services.sweeper.item_retry_repository import ItemRetryRepository
from shared.jobs import TERMINAL
from shared.log import get_logger
from shared.mongo import Document
from shared.selection import Selection

log = get_logger(__name__)

# Items of one run: they are kept in the job until they are chosen. Others are taken up by the run after it.
MOST_ITEMS = 2_000
REASON = "Operators retry {} of its items"
# Rises with every dead item that a new run of its job collects again.
ITEMS_RETRIED = Counter("asinflow_dead_items_retried_total", "Dead items that a new run of their job collects again")


class ItemRetries:
    """The run begins first, then the failures are forgotten: after a crash in between they are found to be taken up."""

    def __init__(self, repository: ItemRetryRepository) -> None:
        self._repository = repository

    async def sweep(self) -> None:
        for job_id in await self._repository.find_jobs_asked_for():
            await self._retry(job_id)

    async def _retry(self, job_id: str) -> None:
        job = await self._repository.find_job(job_id)
        asked = await self._repository.find_asked(job_id, MOST_ITEMS)
        if job is not None:
            if job["status"] not in TERMINAL:
                return  # its turn comes when it has ended
            seqs = await self._to_collect(job, asked)
            if seqs and not await self._begin(job, seqs):
                return  # it has changed meanwhile
        await self._repository.forget(asked)
        log.info("item_failures_settled", job_id=job_id, failures=len(asked), job_is_gone=job is None)

    async def _begin(self, job: Document, seqs: Sequence[int]) -> bool:
        behind = int((job.get("selection") or {"behind": job["run"]})["behind"])
        # An item that a later run was cancelled with has no outcome that counts: it is collected as well.
        selection = Selection(behind=behind, unfinished=True, seqs=tuple(seqs))
        begun = await self._repository.begin_run(job, selection, REASON.format(len(seqs)))
        if begun:
            ITEMS_RETRIED.inc(len(seqs))
        return begun

    async def _to_collect(self, job: Document, asked: Sequence[Document]) -> list[int]:
        """The places of items that no run has taken up since they were asked for, and that have not succeeded."""
        seqs_of: dict[int, set[int]] = {}
        for failure in asked:
            seqs_of.setdefault(failure["retry_after_run"], set()).add(int(failure["item"].rpartition(":")[2]))
        left: set[int] = set()
        for run, seqs in seqs_of.items():
            left |= seqs - await self._repository.find_taken_up(job["_id"], run, seqs)
        return sorted(left - await self._repository.find_succeeded(job["_id"], job["run"], left))
