"""What a newcomer does with a fresh clone: `make demo`, Ctrl-C, and two checkouts side by side. Long form only."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import commands
from deploy.local.folder import ROOT, RunFolder
from deploy.local.ports import LOOPBACK
from deploy.local.process import processes_of
from tests.e2e.forms import LONG, WHY_NOT
from tests.e2e.waiting import wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not LONG, reason=WHY_NOT),
]

COMMAND_SECONDS = 300


def make(clone: Path, target: str) -> subprocess.Popen[str]:
    """`make` in a clone as a person calls it: in a process group of its own, which Ctrl-C reaches as a whole."""
    return subprocess.Popen(
        ["make", "--no-print-directory", target],
        cwd=clone,
        # Nothing of the developer's own stack or of the make that runs these tests.
        env={name: value for name, value in os.environ.items() if not name.startswith(("ASINFLOW_", "MAKE", "MFLAGS"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def made(clone: Path, target: str) -> str:
    """What `make` printed; it must have succeeded."""
    process = make(clone, target)
    shown, _ = process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == 0, shown
    return shown


@pytest.fixture
def clones(tmp_path: Path) -> Iterator[list[Path]]:
    """Two fresh clones, whose systems are taken down at the end."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    yield folders
    for folder in folders:
        for run in (".run", ".run/demo"):
            commands.down(RunFolder(folder / run), say=lambda _: None)


def assert_nothing_left(clone: Path, shown: str) -> None:
    """Neither a process of this clone nor a listener on any port that it had named."""
    assert [pid for run in (".run", ".run/demo") for pid in processes_of(clone / run)] == []
    ports = [int(port) for port in re.findall(r"port (\d+)", shown)]
    assert len(ports) > 3, shown
    assert [port for port in ports if listens(port)] == []


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def test_demo_of_a_fresh_clone_succeeds_and_leaves_nothing(clones: list[Path]) -> None:
    shown = made(clones[0], "demo")
    jobs = [line for line in shown.splitlines() if "COMPLETED" in line and "━" not in line]
    assert len([line for line in jobs if line.split()[0] in {"BULK_ASIN", "URL", "KEYWORD"}]) == 3, shown
    assert_nothing_left(clones[0], shown)


def test_interrupted_demo_of_a_fresh_clone_leaves_nothing(clones: list[Path]) -> None:
    process = make(clones[0], "demo")
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if "sweeper" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=COMMAND_SECONDS)
    # The demonstration ends with 130; make says so and dies of the signal itself, for which a shell shows 130 as well.
    assert process.returncode in {130, -signal.SIGINT}, rest
    assert "Error 130" in rest
    assert_nothing_left(clones[0], "".join(shown))


def test_two_checkouts_work_side_by_side(clones: list[Path]) -> None:
    folders = [RunFolder(clone / ".run") for clone in clones]
    for clone in clones:
        made(clone, "up")
    ports = [program.port for folder in folders for program in commands.status(folder)]
    assert len(ports) == len(set(ports))

    os.kill(int((folders[0].path / "supervisor.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: processes_of(folders[0].path) == [])
    made(clones[0], "up")
    assert all(program.ready for folder in folders for program in commands.status(folder))

    for clone, folder in zip(clones, folders, strict=True):
        made(clone, "down")
        assert processes_of(folder.path) == []
    assert [port for port in ports if listens(port)] == []
