"""One campaign: users submit jobs while faults are let loose, until every job has ended; then everything is counted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pymongo.errors import PyMongoError

from deploy.local.folder import RunFolder
from tests.chaos.arena import Arena
from tests.chaos.crowd import Crowd
from tests.chaos.faults import drawn
from tests.chaos.faults.fault import Fault, Healed
from tests.chaos.faults.processes import LONG_FAULTS, killed
from tests.chaos.jobs import planned_jobs
from tests.chaos.verdict import Evidence, breaches, wait_for_the_last_word
from tests.chaos.watcher import Watcher
from tests.e2e.system import running_system

# Long enough that being scheduled late on a busy machine does not look like a broken pace.
INTERVAL_SECONDS = 0.4
RECOVERY_SECONDS = 120.0
STUCK_SECONDS = 180.0
LOOK_SECONDS = 0.1
# A second blow while the first is still felt.
KILLED_AS_WELL_SHARE = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    seed: int
    items: int
    faults: int


# After so many faults comes one that takes half a minute.
LONG_EVERY = 15
# What `make test` runs: tests/unit/chaos/test_plan.py tells what must be in it.
SHORT = Size(seed=54435, items=790, faults=12)


@dataclass(frozen=True)
class Blow:
    """One fault as it went: when it began and ended (epoch seconds), and how long the system then took to be well."""

    name: str
    began: float
    ended: float
    recovery: float | None


@dataclass
class Outcome:
    """What a campaign came to; without breaches it is a success."""

    size: Size
    seconds: float
    blows: list[Blow]
    evidence: Evidence
    breaches: list[str] = field(default_factory=list)


def settings(folder: RunFolder) -> dict[str, str]:
    return {
        "COLLECTORS": "3",
        "ASINFLOW_INTERVAL_SECONDS": str(INTERVAL_SECONDS),
        # Many messages under way at any time, for something to be lost.
        "ASINFLOW_WINDOW_SECONDS": "10",
        "ASINFLOW_BLOCK_PAUSE_SECONDS": "0.5",
        "ASINFLOW_BLOCK_PAUSE_MAX_SECONDS": "3",
        "ASINFLOW_FETCH_TIMEOUT_SECONDS": "3",
        "ASINFLOW_PAGE_MAX_BYTES": "2000000",
        "ASINFLOW_STALLED_AFTER_SECONDS": "4",
        "ASINFLOW_RESEND_AFTER_SECONDS": "6",
        "ASINFLOW_IDEMPOTENCY_LEASE_SECONDS": "5",
        "STOREFRONT_ARGS": f"--page-bytes 0 --products 60 --request-log {folder.path / 'requests.log'}",
    }


def campaign(folder: RunFolder, size: Size, say: Say) -> Outcome:
    """Run it on a stack of its own in `folder`, whose logs stay there."""
    started = time.monotonic()
    with running_system(folder, **settings(folder)) as system, Watcher(system) as watcher:
        arena = Arena(system, random.Random(f"arena {size.seed}"))
        run = _Run(size, arena, watcher, say)
        run.crowd.start()
        try:
            run.strike_all()
            run.wait_for_the_end()
        finally:
            run.crowd.stop()
        wait_for_the_last_word(arena)
        evidence = Evidence.of(arena, run.crowd.accepted, run.crowd.statuses, INTERVAL_SECONDS)
        found = [*run.unhealed, *breaches(evidence)]
    return Outcome(size, time.monotonic() - started, run.blows, evidence, found)


class _Run:
    def __init__(self, size: Size, arena: Arena, watcher: Watcher, say: Say) -> None:
        self.size, self.arena, self.watcher, self.say = size, arena, watcher, say
        self.blows: list[Blow] = []
        self.unhealed: list[str] = []
        jobs = planned_jobs(size.seed, size.items)
        self.items = sum(job.size for job in jobs)
        self.crowd = Crowd(arena.system, watcher, jobs, size.seed, self._room)
        self._chance = random.Random(f"second blows {size.seed}")
        self._started = time.monotonic()

    def _room(self) -> int:
        """Items that may still be submitted: some are always waiting, and the last come with the last faults."""
        share = (len(self.blows) + 2) / (self.size.faults + 2)
        ahead = max(50, self.items // 8)
        return min(round(self.items * share), self.watcher.done) + ahead - self.crowd.submitted_items

    def strike_all(self) -> None:
        """Spread the faults evenly over the items."""
        faults = drawn(self.size.seed, self.size.faults)
        for number, fault in enumerate(faults):
            due = self.items * (number + 1) // (len(faults) + 2)
            self._wait(lambda: self.watcher.done >= due or self._all_done())  # noqa: B023  used within the lap
            self._strike(fault)
            if number % LONG_EVERY == LONG_EVERY - 1:
                self._strike(self._chance.choice(LONG_FAULTS))

    def _strike(self, fault: Fault) -> None:
        began = time.time()
        conditions: list[Healed] = []
        if self._chance.random() < KILLED_AS_WELL_SHARE:
            conditions.append(killed(self.arena, [self._chance.choice(self.arena.system.services())]))
        if healed := fault.strike(self.arena):
            conditions.append(healed)
        ended, before = time.time(), self.watcher.done
        recovery = self._recovered(conditions, before, time.monotonic())
        self.blows.append(Blow(fault.name, began, ended, recovery))
        if recovery is None:
            self.unhealed.append(f"not well {RECOVERY_SECONDS:g} s after {fault.name} ({time.strftime('%H:%M:%S')})")
        self._tell(f"{fault.name:<28} {'not recovered' if recovery is None else f'recovered in {recovery:4.1f} s'}")

    def _recovered(self, conditions: list[Healed], before: int, since: float) -> float | None:
        """Seconds until everything runs and is ready, the fault's own conditions hold, and work goes on."""
        conditions = [self.arena.system.whole, *conditions, lambda: self._moves(before)]
        while conditions and time.monotonic() < since + RECOVERY_SECONDS:
            conditions = [condition for condition in conditions if not _holds(condition)]
            if conditions:
                self.crowd.check()
                time.sleep(LOOK_SECONDS)
        return None if conditions else time.monotonic() - since

    def _moves(self, before: int) -> bool:
        return self.watcher.done > before or not self.watcher.open

    def wait_for_the_end(self) -> None:
        """Return when every job has been submitted and has ended, or nothing has moved for long."""
        self._wait(self._all_done, every=10.0)
        self.arena.system.wait_until_whole()
        if self._all_done():
            self.crowd.finish()
            # A retry asked for at the very end is a run of its own, which the watcher may not have seen yet.
            since = time.monotonic()
            self._wait(lambda: self.watcher.as_of > since and not self.watcher.open)

    def _all_done(self) -> bool:
        return self.crowd.done and not self.watcher.open

    def _wait(self, condition: Callable[[], bool], every: float = 15.0) -> None:
        told = time.monotonic()
        while not condition() and time.monotonic() < max(self.watcher.moved_at, told) + STUCK_SECONDS:
            self.crowd.check()
            time.sleep(LOOK_SECONDS)
            if time.monotonic() > told + every:
                told = time.monotonic()
                self._tell("")

    def _tell(self, text: str) -> None:
        seconds = round(time.monotonic() - self._started)
        share = f"{self.watcher.done}/{self.items} items, {len(self.blows)}/{self.size.faults} faults"
        self.say(f"{seconds // 60:3d}:{seconds % 60:02d}  {share:<38} {len(self.watcher.open):3d} jobs open  {text}")


def _holds(condition: Healed) -> bool:
    """Whether it holds; what it asks may itself be away for a moment."""
    try:
        return condition()
    except (OSError, PyMongoError):
        return False
