"""Tables and plots of turns. Pure but for the plots' files."""

from __future__ import annotations

from collections.abc import Sequence

from bench.growth.result import PROCESSES, SERVICES, Turn, all_cpu, cpu, done, of_size, peak, per_second
from bench.markdown import table
from bench.plots import Plots
from bench.targets import figure

MICROSECONDS = (*(f"µs {name}" for name in PROCESSES), "µs CPU in all")


def sizes(turns: Sequence[Turn], plots: Plots) -> str:
    """What jobs of each size cost, and what the processes took up meanwhile."""
    by_size = {items: of_size(turns, items) for items in sorted({turn["items"] for turn in turns})}
    costs = [
        (f"{items:,}", str(sum(turn["repeats"] for turn in found)), figure(1000 / per_second(found)), *_cpu(found))
        for items, found in by_size.items()
    ]
    memory = [
        (f"{items:,}", *(f"{peak(found, name):.0f}" for name in PROCESSES), *_disk(found))
        for items, found in by_size.items()
    ]
    lines = {name: [(items, cpu(found, name)) for items, found in by_size.items()] for name in PROCESSES}
    peaks = {name: [(items, peak(found, name)) for items, found in by_size.items()] for name in SERVICES}
    return "\n\n".join(
        [
            table(("items of a job", "jobs", "ms per item", *MICROSECONDS), costs),
            plots.lines("cpu", "CPU per item", "items of a job", "µs", lines, log_x=True),
            "The most memory that the largest process of each kind took up while jobs of a size were done, one after "
            "the other on the same running system, and what database and broker held on the disk at the end:",
            table(
                ("items of a job", *(f"MB {name}" for name in PROCESSES), "MB database's disk", "MB broker's disk"),
                memory,
            ),
            plots.lines("memory", "Memory of the largest process", "items of a job", "MB", peaks, log_x=True),
        ]
    )


def crowds(turns: Sequence[Turn]) -> str:
    """Jobs at once, the items in all the same."""
    found = {count: [turn for turn in turns if turn["jobs"] == count] for count in sorted({t["jobs"] for t in turns})}
    rows = [(f"{count:,}", *_speed(some), *_cpu(some)) for count, some in found.items()]
    head = ("jobs at once", "items of each", "items/s", "jobs/s")
    return table((*head, *MICROSECONDS), rows)


def _speed(turns: Sequence[Turn]) -> tuple[str, str, str]:
    """Items of each job, items and jobs per second."""
    jobs = per_second(turns) * turns[0]["jobs"] / done(turns[0])
    return f"{turns[0]['items']:,}", figure(per_second(turns)), figure(jobs)


def _cpu(turns: Sequence[Turn]) -> tuple[str, ...]:
    return (*(figure(round(cpu(turns, name))) for name in PROCESSES), figure(round(all_cpu(turns))))


def _disk(turns: Sequence[Turn]) -> tuple[str, str]:
    last = turns[-1]
    return f"{last['database_bytes'] / 1e6:.0f}", f"{last['broker_bytes'] / 1e6:.0f}"
