"""The demonstration with the real system: it succeeds, and it leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.folder import ROOT, RunFolder
from deploy.local.process import processes_of
from deploy.local.rabbitmq import find_binaries
from tests.conftest import unavailable

pytestmark = pytest.mark.e2e

RUN_DEMO = "import sys; from pathlib import Path; from deploy.local import demo, folder; " + (
    "sys.exit(demo.demo(folder.RunFolder(Path(sys.argv[1]))))"
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    if not os.environ.get("ASINFLOW_AMQP_URL") and find_binaries() is None:
        unavailable("no RabbitMQ is installed")
    return RunFolder(tmp_path / "demo")


@contextmanager
def start_demo(folder: RunFolder, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A demonstration in progress; one that a test has given up is killed, which ends its stack too."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN_DEMO, str(folder.path)],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def test_demo_completes_a_job_of_each_type_and_leaves_nothing(folder: RunFolder) -> None:
    with start_demo(folder) as demo:
        shown, _ = demo.communicate(timeout=100)
    assert demo.returncode == 0, shown
    rows = [line.split()[:5] for line in shown.splitlines() if "COMPLETED" in line and "━" not in line]
    assert rows[:3] == [
        ["BULK_ASIN", "COMPLETED", "40", "38", "2"],
        ["URL", "COMPLETED", "30", "30", "0"],
        ["KEYWORD", "COMPLETED", "30", "30", "0"],
    ]
    assert processes_of(folder.path) == []
    assert not folder.path.exists()


def test_interrupted_demo_leaves_nothing(folder: RunFolder) -> None:
    with start_demo(folder) as demo:
        assert demo.stdout is not None
        assert any("mongo" in line for line in demo.stdout)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert processes_of(folder.path) == []


def test_failed_demo_shows_who_failed_and_leaves_nothing(folder: RunFolder) -> None:
    with start_demo(folder, ASINFLOW_LOG_LEVEL="WHISPER") as demo:
        shown, _ = demo.communicate(timeout=100)
    assert demo.returncode == 1
    assert "ASINFLOW_LOG_LEVEL" in shown
    assert f"the end of {folder.logs}" in shown
    assert "not ready: " in shown
    assert processes_of(folder.path) == []
