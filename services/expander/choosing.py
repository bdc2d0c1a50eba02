"""Which items a later run has: chosen by what the user asked for, put into chunks, then uncounted in one write.

May be repeated from any point, and by several at once: what a chunk holds is what counts, whatever a second look would
find. Memory is bounded by the blocks looked at, beside the job's ledger.
"""

from __future__ import annotations

from datetime import datetime

from services.expander.chosen_repository import ChosenRepository, Ended
from services.expander.recount import Recount, recount_of
from shared.chunks import CHUNK_ITEMS
from shared.clock import Clock
from shared.jobs import ItemStatus
from shared.ledger import Ledger
from shared.log import get_logger
from shared.mongo import Document
from shared.selection import Selection, selection_of

log = get_logger(__name__)

# Chosen for so long in one go, then the rest is put back into the queue (see expansion.STEP_SECONDS).
STEP_SECONDS = 60.0
BLOCK_SEQS = 10_000


class Choosing:
    """Finds the items of a run, and begins it."""

    def __init__(self, repository: ChosenRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def advance(self, job: Document) -> bool:
        """Go on where the last step ended; True when the run has begun. Nothing is lost when it is False."""
        deadline = self._clock.monotonic() + STEP_SECONDS
        kept = await self._repository.find_counts(job["_id"], job["run"])
        if kept is None:
            return False
        selection = selection_of(kept["selection"])
        ledger = Ledger(bytes(kept.get("ledger") or b""), kept["total_items"])
        search = _Search(self._repository, kept, selection, ledger)
        places, after = await self._repository.find_last_chosen(job["_id"], job["run"])
        after = max(after, kept.get("chosen_up_to", -1))
        while after + 1 < kept["total_items"]:
            if self._clock.monotonic() > deadline:
                await self._repository.mark_chosen(job["_id"], job["run"], after)
                return False
            block, reach = await search.next(after)
            stored = await self._repository.insert_chosen(job["_id"], job["run"], places, block)
            places += len(stored)
            after = reach if stored == block else stored[-1]
        return await self._begin(kept, selection)

    async def _begin(self, kept: Document, selection: Selection) -> bool:
        """Uncount what is chosen, count what was behind, and let the run begin, all in one write."""
        job_id, run = kept["_id"], kept["run"]
        recount = recount_of(
            kept["total_items"], kept["success_count"], kept["error_count"], bytes(kept.get("ledger") or b"")
        )
        counted_as = ItemStatus.FAILED if selection.failed else ItemStatus.SUCCEEDED
        async for seqs in self._repository.chosen(job_id, run):
            recount.choose(seqs, counted_as)
        await self._settle(recount, job_id, selection.behind)
        begun = await self._repository.begin(kept, recount)
        if begun:
            log.info("run_begun", job_id=job_id, run=run, items=recount.chosen_items, kept=recount.progress)
        return begun

    async def _settle(self, recount: Recount, job_id: str, behind: int) -> None:
        for span in list(recount.open_spans(BLOCK_SEQS)):
            recount.settle(await self._repository.find_statuses_of(job_id, behind, span))


class _Search:
    """Goes through a job's items in order and picks those that are wanted."""

    def __init__(self, repository: ChosenRepository, kept: Document, selection: Selection, ledger: Ledger) -> None:
        self._repository = repository
        self._job_id: str = kept["_id"]
        self._run: int = kept["run"]
        self._total: int = kept["total_items"]
        self._asked_at: datetime = kept["queued_at"]
        self._selection = selection
        self._ledger = ledger
        self._only = None if selection.seqs is None else frozenset(selection.seqs)

    async def next(self, after: int) -> tuple[list[int], int]:
        """Up to a chunk of wanted seqs above `after`, and the seq up to which that is all of them."""
        end = min(after + 1 + BLOCK_SEQS, self._total)
        wanted = await self._wanted(range(after + 1, end))
        if len(wanted) <= CHUNK_ITEMS:
            return wanted, end - 1
        return wanted[:CHUNK_ITEMS], wanted[CHUNK_ITEMS - 1]

    async def _wanted(self, span: range) -> list[int]:
        if self._only is None:
            return await self._fitting(span)
        return [] if self._only.isdisjoint(span) else [s for s in await self._fitting(span) if s in self._only]

    async def _fitting(self, span: range) -> list[int]:
        before = self._selection.seen_before(self._asked_at)
        if before is not None:
            old = await self._repository.find_seen_before(self._job_id, span, before)
            ended = await self._repository.find_ended(self._job_id, self._run, span, succeeded_too=True) if old else {}
            return [seq for seq in old if seq in ended and ended[seq].succeeded and self._ledger.has(seq)]
        ended = await self._repository.find_ended(self._job_id, self._run, span, succeeded_too=False)
        known = {seq: state for seq, state in ended.items() if self._stands(seq, state)}
        failed = {s for s, state in known.items() if not state.succeeded and self._selection.takes_failed(state.code)}
        if not self._selection.unfinished:
            return sorted(failed)
        behind = await self._repository.find_statuses_of(self._job_id, self._selection.behind, span)
        return [s for s in span if s in failed or not (self._ledger.has(s) or s in behind)]

    def _stands(self, seq: int, ended: Ended) -> bool:
        """Whether an outcome tells how its item stands: it is counted, or on its way to be.

        An older one that is not counted was given up for a later try, which came to nothing.
        """
        return self._ledger.has(seq) or ended.run == self._selection.behind
