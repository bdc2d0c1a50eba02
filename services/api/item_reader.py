"""Reads the items of a job in order, in blocks, so that memory does not grow with the job."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable, Sequence

from services.api.items import UNFINISHED, item_view, possible, unfinished_status, unset_bits
from services.api.records import Job, Outcome
from services.api.responses import ItemView
from services.api.stores import ItemStore
from shared.ids import product_key
from shared.jobs import ItemStatus

BLOCK = 1_000


class ItemReader:
    """Finds candidates for a filter cheaply, derives each one's status, and keeps those that fit."""

    def __init__(self, store: ItemStore) -> None:
        self._store = store

    async def page(self, job: Job, status: ItemStatus | None, after: int, limit: int) -> tuple[list[ItemView], bool]:
        """Up to `limit` items above seq `after`, and whether there are more."""
        found: list[ItemView] = []
        async for item in self.scan(job, status, after, block=min(BLOCK, limit + 1)):
            if len(found) == limit:
                return found, True
            found.append(item)
        return found, False

    async def scan(
        self, job: Job, status: ItemStatus | None, after: int = -1, *, block: int = BLOCK
    ) -> AsyncIterator[ItemView]:
        """Every item above seq `after` with `status` (or any), in order; `block` is how many are looked at at once."""
        async for seqs in self._candidates(job, status, after, block):
            for item in await self._views(job, seqs):
                if status is None or item.status is status:
                    yield item

    async def collected(self, job: Job, after: int = -1, *, block: int = BLOCK) -> AsyncIterator[list[tuple[int, str]]]:
        """Blocks of the items above seq `after` that succeeded, in order: the seq and the key of each."""
        async for seqs in self._finished(job, ItemStatus.SUCCEEDED, after, block):
            if job.run > 1:
                views = await self._views(job, seqs)
                good = [view for view in views if view.status is ItemStatus.SUCCEEDED]
                yield [(view.seq, product_key(view.marketplace, view.asin)) for view in good]
            else:  # there was no other run, in which it could have failed
                keys = await self._store.find_keys(job.id, seqs[0], seqs[-1])
                yield [(seq, keys[seq]) for seq in seqs if seq in keys]

    async def _candidates(
        self, job: Job, status: ItemStatus | None, after: int, block: int
    ) -> AsyncIterator[Sequence[int]]:
        """Blocks of ascending seqs that hold every item of the filter, and may hold others."""
        if status is None:
            async for seqs in self._known(job, after, block):
                yield seqs
        elif not possible(job, status):
            return
        elif status in UNFINISHED:
            ledger = await self._store.find_ledger(job.id)
            first, end = _span(job, status)
            for seqs in _blocks(unset_bits(ledger, max(after, first - 1), end), block):
                yield seqs
        else:
            async for seqs in self._finished(job, status, after, block):
                yield seqs

    async def _known(self, job: Job, after: int, block: int) -> AsyncIterator[Sequence[int]]:
        """All seqs; while the source is being resolved, as far as items are known."""
        start = after + 1
        total = job.known_items
        while total is None or start < total:
            seqs = range(start, start + block)
            if total is None and not await self._store.find_keys(job.id, start, start):
                return
            yield seqs
            start += block

    async def _finished(self, job: Job, status: ItemStatus, after: int, block: int) -> AsyncIterator[Sequence[int]]:
        """Seqs that had this outcome in any run: the lowest of all runs' next ones, block by block."""
        while True:
            per_run = [
                await self._store.find_finished(job.id, run, str(status), after, block) for run in range(1, job.run + 1)
            ]
            # Past the end of a full answer there may be more of that run, which must come first.
            reach = min((seqs[-1] for seqs in per_run if len(seqs) == block), default=None)
            merged = sorted({seq for seqs in per_run for seq in seqs if reach is None or seq <= reach})
            if merged:
                yield merged
            if reach is None:
                return
            after = reach

    async def _views(self, job: Job, seqs: Sequence[int]) -> list[ItemView]:
        keys = await self._store.find_keys(job.id, seqs[0], seqs[-1])
        wanted = [seq for seq in seqs if seq in keys]
        if not wanted:
            return []
        places = await self._places(job, wanted)
        outcomes = await self._outcomes(job, wanted, places)
        open_seqs = [seq for seq in places if seq not in outcomes]
        attempts = await self._store.find_attempts(job.id, job.run, open_seqs) if open_seqs else {}
        views = []
        for seq in wanted:
            outcome = outcomes.get(seq)
            if outcome is None:
                status = unfinished_status(job, places.get(seq), keys[seq])
            else:
                status = ItemStatus.SUCCEEDED if outcome.succeeded else ItemStatus.FAILED
            views.append(item_view(seq, keys[seq], status, outcome, attempts.get(seq)))
        return views

    async def _places(self, job: Job, seqs: Sequence[int]) -> dict[int, int]:
        """The places of those items that are in the present run: their seqs where all are, none yet while choosing."""
        if job.choosing:
            return {}
        if job.run_items is None:
            return {seq: seq for seq in seqs}
        places = await self._store.find_places(job.id, job.run, seqs[0], seqs[-1])
        return {seq: place for seq, place in places.items() if place < job.run_items}

    async def _outcomes(self, job: Job, seqs: Sequence[int], places: dict[int, int]) -> dict[int, Outcome]:
        """The present run's outcomes; of items that are not in it, the latest before, if it is counted: one that came
        after its run was over is not."""
        found = await self._store.find_outcomes(job.id, job.run, list(places)) if places else {}
        others = [seq for seq in seqs if seq not in places]
        if others:
            uncounted = set(unset_bits(await self._store.find_ledger(job.id), others[0] - 1, others[-1] + 1))
            others = [seq for seq in others if seq not in uncounted]
        for run in range(job.run - 1, 0, -1):
            if not others:
                break
            found |= await self._store.find_outcomes(job.id, run, others)
            others = [seq for seq in others if seq not in found]
        return found


def _span(job: Job, status: ItemStatus) -> tuple[int, int]:
    """The first seq that can have this unfinished status, and the one past the last."""
    total = job.known_items or 0
    if job.run > 1 or status is ItemStatus.CANCELLED:
        return 0, total
    return (0, min(job.fed, total)) if status is ItemStatus.RUNNING else (job.all_fed, total)


def _blocks(seqs: Iterable[int], size: int) -> Iterable[list[int]]:
    remaining = iter(seqs)
    return iter(lambda: list(itertools.islice(remaining, size)), [])
