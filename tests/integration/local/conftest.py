"""A stack of fake services in a folder of its own, supervised by the real supervisor."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import commands
from deploy.local.folder import RunFolder
from deploy.local.launch import launch, wait_until_ready
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.program import Plan, Program, Status
from tests.integration.local import fake_service


class FakeStack:
    """Composes and runs fake programs; reads the diary in which they note their starts and ends."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path / "run")
        self.folder.create()
        self.ports = Ports({})
        self.diary = path / "diary"

    def program(self, name: str, *flags: str, stage: int = 0, grace_seconds: float = 5.0) -> Program:
        port = self.ports[name]
        return Program(
            name=name,
            command=[sys.executable, fake_service.__file__, name, str(port), str(self.diary), *flags],
            ready=f"http://{LOOPBACK}:{port}/readyz",
            port=port,
            stage=stage,
            grace_seconds=grace_seconds,
        )

    def launch(self, *programs: Program, while_pid: int | None = None) -> None:
        plan = Plan(str(self.folder.path), list(programs), while_pid)
        launch(self.folder, plan, os.environ, self.ports.descriptors())

    def run(self, *programs: Program) -> None:
        self.launch(*programs)
        self.wait()

    def wait(self) -> None:
        wait_until_ready(self.folder, lambda _: None)

    def status(self, name: str) -> Status:
        return next(status for status in commands.status(self.folder) if status.name == name)

    def supervisor_pid(self) -> int:
        return int((self.folder.path / "supervisor.pid").read_text())

    def events(self) -> list[str]:
        """What happened so far, as "start api", "ready api", "end api"."""
        return [line.split(" ", 1)[1] for line in self.diary.read_text().splitlines()]

    def times_of(self, event: str) -> list[float]:
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        return [float(line.split()[0]) for line in lines if line.endswith(event)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[FakeStack]:
    stack = FakeStack(tmp_path)
    yield stack
    commands.down(stack.folder, say=lambda _: None)
    stack.ports.close()
