"""Why the items of a job failed, counted by kind."""

from __future__ import annotations

from collections import OrderedDict

from services.api.item_reader import ItemReader
from services.api.records import ErrorGroup, Job
from services.api.responses import ErrorGroupView
from services.api.stores import ItemStore
from shared.jobs import TERMINAL, ItemStatus

# Counts of so many ended jobs are remembered.
REMEMBERED = 500


class FailureCounter:
    """Counts are exact; those of an ended job are counted once per revision."""

    def __init__(self, store: ItemStore, items: ItemReader) -> None:
        self._store = store
        self._items = items
        self._known: OrderedDict[tuple[str, int], list[ErrorGroupView]] = OrderedDict()

    async def groups(self, job: Job) -> list[ErrorGroupView]:
        """The most frequent kind first."""
        known = self._known.get((job.id, job.rev))
        if known is None:
            found = await self._store.count_failures(job.id, 1) if job.run == 1 else await self._counted(job)
            known = [
                ErrorGroupView(code=g.code, retryable=g.retryable, count=g.count, message=g.message) for g in found
            ]
            self._remember(job, known)
        return known

    def _remember(self, job: Job, groups: list[ErrorGroupView]) -> None:
        if job.status in TERMINAL:
            self._known[job.id, job.rev] = groups
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    async def _counted(self, job: Job) -> list[ErrorGroup]:
        """Item by item: after a retry, an earlier run's failure counts only where no later run has taken it up."""
        counts: dict[tuple[str, bool], int] = {}
        messages: dict[tuple[str, bool], str] = {}
        async for item in self._items.scan(job, ItemStatus.FAILED):
            kind = ("unknown", False) if item.error is None else (item.error.code, item.error.retryable)
            counts[kind] = counts.get(kind, 0) + 1
            messages.setdefault(kind, item.error.message if item.error else "")
        found = [ErrorGroup(code=k[0], retryable=k[1], count=n, message=messages[k]) for k, n in counts.items()]
        return sorted(found, key=lambda group: (-group.count, group.code))
