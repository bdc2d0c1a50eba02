"""How far the jobs are, read from the database a few times a second whenever it answers."""

from __future__ import annotations

import time
from threading import Event, Thread
from types import TracebackType

from pymongo.errors import PyMongoError

from tests.e2e.system import Document, System
from tests.e2e.user import ENDED

LOOK_SECONDS = 0.4
FIELDS = {"status": 1, "progress": 1, "total_items": 1, "error_count": 1, "run": 1}


class Watcher:
    """The last known state of every job; use as a context manager."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._stop = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self.jobs: dict[str, Document] = {}
        self.moved_at = time.monotonic()
        # When the latest look at the jobs began.
        self.as_of = self.moved_at

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def done(self) -> int:
        """Items that have their outcome, or will have none because their job ended."""
        jobs = self.jobs.values()
        return sum((job["total_items"] or 0) if job["status"] in ENDED else job["progress"] for job in jobs)

    @property
    def open(self) -> list[Document]:
        """Jobs that have not ended."""
        return [job for job in self.jobs.values() if job["status"] not in ENDED]

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            began = time.monotonic()
            try:
                jobs = {job["_id"]: job for job in self._system.database["jobs"].find({}, FIELDS)}
            except PyMongoError:
                continue  # it is one of those that are attacked
            if jobs != self.jobs:
                self.jobs, self.moved_at = jobs, time.monotonic()
            self.as_of = began
