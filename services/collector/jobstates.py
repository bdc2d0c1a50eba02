"""What a collector must know of the jobs whose items it holds, never older than half a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.jobs import JobStatus
from shared.log import get_logger

log = get_logger(__name__)

REFRESH_SECONDS = 0.5
# Whoever loads a state has it read anew when it is older than half a refresh: to keep what nobody uses saves nothing.
FORGET_SECONDS = 2.0


@dataclass(frozen=True)
class JobState:
    """Whose job it is, which run it is in, whether it still runs, and its settings."""

    user_id: str
    run: int
    status: JobStatus
    settings: Mapping[str, Any]
    total_items: int | None = None
    rev: int = 0


class JobReader(Protocol):
    async def find_job_states(self, job_ids: Collection[str]) -> dict[str, JobState]: ...


@dataclass
class _Entry:
    state: JobState | None
    read_at: float
    used_at: float


class _Held:
    """Counts a job among those in use while the block runs."""

    __slots__ = ("_counts", "_job_id")

    def __init__(self, counts: Counter[str], job_id: str) -> None:
        self._counts = counts
        self._job_id = job_id

    def __enter__(self) -> None:
        self._counts[self._job_id] += 1

    def __exit__(self, *_: object) -> None:
        self._counts[self._job_id] -= 1
        if not self._counts[self._job_id]:
            del self._counts[self._job_id]


class JobStates:
    """A cache that one loop keeps fresh, so that a look at it costs nothing at the moment of sending a request."""

    def __init__(self, reader: JobReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._held: Counter[str] = Counter()

    def held(self, job_id: str) -> _Held:
        """The job is in use while the block runs, however long that waits for its turn."""
        return _Held(self._held, job_id)

    async def load(self, revs: Mapping[str, int]) -> Mapping[str, JobState | None]:
        """The states of these jobs, none older than the revision given for it; None for a job that is gone."""
        now = self._clock.monotonic()
        for job_id in self._entries.keys() & revs:  # before reading, lest they be forgotten meanwhile
            self._entries[job_id].used_at = now
        await self._read([i for i, rev in revs.items() if not self._fresh(i, now) or self._older(i, rev)])
        return {job_id: self._entries[job_id].state for job_id in revs}

    def wanted(self, job_id: str, run: int, rev: int = 0) -> bool:
        """Whether this run of the job still wants the items that its revision `rev` handed out, as last read."""
        entry = self._entries.get(job_id)
        if entry is None:
            return False
        entry.used_at = self._clock.monotonic()
        return entry.state is not None and wants(entry.state, run, rev)

    async def keep_fresh(self) -> None:
        """Until cancelled: read again what is in use, forget what is not."""
        while True:
            await self._clock.sleep(REFRESH_SECONDS / 2)
            now = self._clock.monotonic()
            in_use = (i for i, e in self._entries.items() if i in self._held or now - e.used_at < FORGET_SECONDS)
            self._entries = {i: self._entries[i] for i in in_use}
            try:
                await self._read([i for i in self._entries if not self._fresh(i, now)])
            except DatabaseUnavailableError as error:
                log.warning("job_states_not_read", error=error.message)

    def _fresh(self, job_id: str, now: float) -> bool:
        entry = self._entries.get(job_id)
        return entry is not None and now - entry.read_at < REFRESH_SECONDS / 2

    def _older(self, job_id: str, rev: int) -> bool:
        state = self._entries[job_id].state
        return state is not None and state.rev < rev

    async def _read(self, job_ids: Collection[str]) -> None:
        if not job_ids:
            return
        now = self._clock.monotonic()
        states = await self._reader.find_job_states(job_ids)
        for job_id in job_ids:
            known = self._entries.get(job_id)
            self._entries[job_id] = _Entry(states.get(job_id), now, known.used_at if known else now)


def wants(state: JobState, run: int, rev: int = 0) -> bool:
    """Whether items of `run` are still to be collected; a run not heard of yet has just begun, and a revision not heard
    of yet has just handed them out."""
    return state.run < run or (state.run == run and (state.status == JobStatus.PROCESSING or state.rev < rev))


def is_late(state: JobState | None, run: int) -> bool:
    """Whether a message of `run` has nothing left to do: its job is gone, ended, or in a later run."""
    if state is None or state.run != run:
        return state is None or state.run > run
    return state.status not in (JobStatus.PENDING, JobStatus.PROCESSING)
