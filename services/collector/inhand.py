"""One try per item at a time: who brings an item that is in hand already waits for what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.collector.results import Task

Again = Callable[[Task], None]


class InHand:
    """The items that this process is fetching, or has fetched and not stored yet.

    The database knows nothing of them: without it a repeated message would have its page fetched a second time.
    """

    def __init__(self) -> None:
        self._first: dict[str, Task] = {}
        self._others: dict[str, list[tuple[Task, Again]]] = {}
        self._looks: list[set[str]] = []

    @contextmanager
    def looking(self) -> Iterator[set[str]]:
        """The items settled while the block runs, by outcome id: what it read of them may be overtaken."""
        settled: set[str] = set()
        self._looks.append(settled)
        try:
            yield settled
        finally:
            self._looks = [each for each in self._looks if each is not settled]

    def take(self, task: Task, again: Again) -> bool:
        """Whether nobody has the item in hand; otherwise `again` is called with the task once that has changed."""
        first = self._first.setdefault(task.outcome_id, task)
        if first is not task:
            self._others.setdefault(task.outcome_id, []).append((task, again))
        return first is task

    def settle(self, task: Task) -> None:
        """Its outcome is stored, or it was given back: whoever waits for it looks again."""
        if self._first.get(task.outcome_id) is not task:
            return
        del self._first[task.outcome_id]
        for settled in self._looks:
            settled.add(task.outcome_id)
        for other, again in self._others.pop(task.outcome_id, ()):
            again(other)
