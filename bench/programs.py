"""Processes that a benchmark starts for one turn and ends after it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from deploy.local.folder import ROOT
from deploy.local.process import bound_to_parent

# The environment of the peers, whose requirements are not ours.
PEERS = ROOT / ".run" / "bench-venv"
END_SECONDS = 10.0
READY_SECONDS = 120.0


class BenchError(Exception):
    """A benchmark cannot go on; the message says why."""


@contextlib.contextmanager
def program(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, talks: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Run `command` in the project's folder while the block lasts; one that `talks` has pipes instead of a log."""
    with log.open("a") as written:
        process = subprocess.Popen(
            bound_to_parent(list(command)),
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else written,
            stderr=written,
            text=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def said(process: subprocess.Popen[str], log: Path) -> str:
    """The next line that a talking process says; raises BenchError with the end of its log when it ended instead."""
    line = _stream(process.stdout).readline()
    if not line:
        raise BenchError(f"{log.stem} ended:\n{log.read_text()[-2000:]}")
    return line.strip()


def tell(process: subprocess.Popen[str], line: str) -> None:
    stream = _stream(process.stdin)
    stream.write(line + "\n")
    stream.flush()


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise BenchError("this process does not talk")
    return stream


def wait_until(ready: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Return when `ready()` is true; raises BenchError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise BenchError(f"{what} not ready after {seconds:.0f} s")
        time.sleep(0.1)
