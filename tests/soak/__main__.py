"""`make soak`: steady load for MINUTES (30), every process measured; exit code 1 when one does not stay flat."""

from __future__ import annotations

import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.errors import LocalError
from deploy.local.folder import ROOT, RunFolder
from deploy.local.process import resident_bytes
from tests.chaos.campaign import settings
from tests.chaos.crowd import Crowd
from tests.chaos.environment import console_of, number_of
from tests.chaos.jobs import planned_jobs
from tests.chaos.watcher import Watcher
from tests.e2e.system import SERVERS, System, running_system
from tests.soak.flatness import Sample, course, not_flat

FOLDER = RunFolder(ROOT / ".run" / "soak")
# More than can be collected in that time, so that there is always work.
ITEMS_PER_MINUTE = 6_000
WAITING_ITEMS = 1_500
SAMPLE_SECONDS = 2.0
TELL_SECONDS = 30.0

Samples = dict[str, list[Sample]]


def main() -> int:
    """0 when everything stayed flat, else 1; 130 after Ctrl-C."""
    minutes, seed = number_of("MINUTES", 30), number_of("SEED", 1)
    console = console_of()
    console.print(f"{minutes} minutes of steady load, seed {seed}; logs in {FOLDER.logs}")
    shutil.rmtree(FOLDER.path, ignore_errors=True)
    try:
        return _show(console, *_soak(console, minutes, seed))
    except LocalError as error:
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130


def _soak(console: Console, minutes: int, seed: int) -> tuple[Samples, list[str]]:
    """What was measured, and which programs ended though nobody ended them."""
    jobs = planned_jobs(seed, minutes * ITEMS_PER_MINUTE)
    with running_system(FOLDER, **settings(FOLDER)) as system, Watcher(system) as watcher:
        crowd = Crowd(system, watcher, jobs, seed, lambda: watcher.done + WAITING_ITEMS - crowd.submitted_items)
        crowd.start()
        try:
            samples = _sampled(console, system, watcher, crowd, minutes * 60)
        finally:
            crowd.stop()
        return samples, [f"{name} ended with code {code}" for name, code in system.endings()]


def _sampled(console: Console, system: System, watcher: Watcher, crowd: Crowd, seconds: float) -> Samples:
    samples: Samples = defaultdict(list)
    started = told = time.monotonic()
    while (now := time.monotonic()) < started + seconds:
        crowd.check()
        for name in (*system.services(), *SERVERS):
            samples[name].append(measured(system.pid(name)))
        if now > told + TELL_SECONDS:
            told = now
            memory = ", ".join(f"{name} {own[-1].megabytes:.0f}" for name, own in samples.items())
            console.print(f"{(now - started) / 60:5.1f} min  {watcher.done} items  MB: {memory}", soft_wrap=True)
        time.sleep(SAMPLE_SECONDS)
    return samples


def measured(pid: int) -> Sample:
    descriptors = [_target(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = sum(target.startswith("socket:") for target in descriptors)
    return Sample(resident_bytes(pid) / 1e6, len(descriptors), sockets)


def _target(descriptor: Path) -> str:
    """What it leads to; nothing when it was closed meanwhile."""
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""


def _show(console: Console, samples: Samples, ended: list[str]) -> int:
    table = Table(title="after the warm-up: first and last quarter (medians)")
    table.add_column("process", no_wrap=True)
    for column in ("MB first", "MB last", "growth", "descriptors", "sockets"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, own in samples.items():
        memory = course([sample.megabytes for sample in own])
        counts = [course([getattr(sample, what) for sample in own]) for what in ("descriptors", "sockets")]
        changes = [f"{count.first:g} to {count.last:g}" for count in counts]
        table.add_row(name, f"{memory.first:.1f}", f"{memory.last:.1f}", f"{memory.growth:+.1%}", *changes)
    console.print(table)
    # How much servers keep in memory of data that grows is theirs to say.
    grown = [f"{name}: {what}" for name, own in samples.items() if name not in SERVERS for what in not_flat(own)]
    for breach in (*grown, *ended):
        console.print(f"BREACH: {breach}", markup=False, highlight=False, soft_wrap=True)
    return 1 if grown or ended else 0


if __name__ == "__main__":
    sys.exit(main())
