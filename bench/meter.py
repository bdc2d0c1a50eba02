"""What processes cost: CPU seconds, children included, and resident memory, by role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psutil

# Who does the work, passes it on, keeps it, and hands it in.
ROLES = ("worker", "broker", "database", "submitter")


class Meter:
    """Reads the processes of each role; those that are gone count nothing."""

    def __init__(self, pids: Mapping[str, Iterable[int]]) -> None:
        self._pids = {role: tuple(each) for role, each in pids.items()}

    def cpu_seconds(self) -> dict[str, float]:
        return {role: sum(_cpu(process) for process in self._of(role)) for role in self._pids}

    def resident_megabytes(self, role: str) -> list[float]:
        """Of each process of the role, the largest first."""
        return sorted((_resident(process) / 1e6 for process in self._of(role)), reverse=True)

    def _of(self, role: str) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for pid in self._pids[role]:
            try:
                process = psutil.Process(pid)
                found += [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return found


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
