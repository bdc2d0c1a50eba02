"""Finds, measures and ends processes of this machine."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

from deploy.local.folder import MARK

_PROC = Path("/proc")


def bound_to_parent(command: list[str]) -> list[str]:
    """`command`, to be killed by the kernel at once when the process that starts it dies."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command


def resident_bytes(pid: int) -> int:
    """Memory that the process really occupies; 0 when it is gone."""
    try:
        pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def processes_of(folder: Path) -> list[int]:
    """Every living process that carries the mark of the stack in `folder`, other than the caller."""
    mark = f"{MARK}={folder}".encode()
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and mark in _environment_of(pid)]


def _environment_of(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end_all(folder: Path, grace_seconds: float = 10.0) -> list[int]:
    """End every process of the stack in `folder`: politely, then by force. Returns whom it found."""
    found = processes_of(folder)
    deadline = time.monotonic() + grace_seconds
    _signal(found, signal.SIGTERM)
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    while remaining := processes_of(folder):
        _signal(remaining, signal.SIGKILL)
        time.sleep(0.02)
    return found


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def kill_group(leader: int) -> None:
    """Kill what a dead program left of the process group that it led."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


async def end(process: asyncio.subprocess.Process, grace_seconds: float) -> None:
    """End one child: by SIGTERM and, after `grace_seconds`, by SIGKILL; at once when there is no grace."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM if grace_seconds else signal.SIGKILL)
    try:
        async with asyncio.timeout(grace_seconds or None):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
