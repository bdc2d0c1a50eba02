"""A job's counts as a later run begins: items that are tried again are uncounted, all others stay. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.jobs import ItemStatus
from shared.ledger import Ledger, missing


@dataclass
class Recount:
    """Ledger and counts of the runs before, changed step by step: first what is chosen, then what was behind."""

    total_items: int
    success_count: int
    error_count: int
    ledger: Ledger
    chosen: Ledger
    chosen_items: int = 0

    @property
    def progress(self) -> int:
        return self.success_count + self.error_count

    def choose(self, seqs: Iterable[int], counted_as: ItemStatus) -> None:
        """These items are tried again; those that are counted are counted as `counted_as`."""
        seqs = list(seqs)
        self.chosen_items += self.chosen.add(seqs)
        uncounted = self.ledger.remove(seqs)
        if counted_as == ItemStatus.SUCCEEDED:
            self.success_count -= uncounted
        else:
            self.error_count -= uncounted

    def settle(self, statuses: Mapping[int, ItemStatus]) -> None:
        """Count outcomes that had been stored and not counted, of items that are not tried again."""
        for seq, status in statuses.items():
            if not self.chosen.has(seq):
                new = self.ledger.add([seq])
                if status == ItemStatus.SUCCEEDED:
                    self.success_count += new
                else:
                    self.error_count += new

    def open_spans(self, size: int) -> Iterator[range]:
        """Parts of the job, at most `size` long, with items neither counted nor chosen."""
        either = self.ledger.union(self.chosen)
        for start in range(0, self.total_items, size):
            end = min(start + size, self.total_items)
            if missing(either, start, end, 1):
                yield range(start, end)


def recount_of(total_items: int, success_count: int, error_count: int, ledger: bytes) -> Recount:
    return Recount(total_items, success_count, error_count, Ledger(ledger, total_items), Ledger(b"", total_items))
