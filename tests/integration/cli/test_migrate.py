"""`asinflow migrate` as a real process on a real database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.errors import ExitCode
from migrations.steps import STEPS

ROOT = Path(__file__).resolve().parents[3]
Finished = subprocess.CompletedProcess[str]


@pytest.fixture
def target(mongo_url: str, mongo_database: str) -> dict[str, str]:
    return {"ASINFLOW_MONGO_URL": mongo_url, "ASINFLOW_MONGO_DATABASE": mongo_database}


def migrate(*arguments: str, folder: Path = ROOT, **environment: str) -> Finished:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ASINFLOW_")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "migrate", *arguments],
        env={**own, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answer(run: Finished) -> Any:
    assert run.returncode == ExitCode.OK, run.stderr
    return json.loads(run.stdout)


def test_what_a_dry_run_announces_is_done_once(target: dict[str, str]) -> None:
    announced = answer(migrate("--dry-run", "--contract", "--json", **target))
    done = answer(migrate("--contract", "--json", **target))
    again = answer(migrate("--contract", "--json", **target))
    assert done == announced
    assert [step["id"] for step in done["steps"]] == [step.id for step in STEPS]
    assert done["indexes"]
    assert again == {"indexes": [], "steps": []}


def test_status_tells_what_is_pending(target: dict[str, str]) -> None:
    migrate(**target)
    states = answer(migrate("--status", "--json", **target))
    assert [(state["id"], state["applied_at"]) for state in states] == [(step.id, None) for step in STEPS]
    assert "pending" in migrate("--status", **target).stdout


def test_database_that_does_not_answer_is_told_after_the_wait() -> None:
    nobody = {"ASINFLOW_MONGO_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"}
    run = migrate("--wait", "1", "--json", **nobody)
    assert run.returncode == ExitCode.UNREACHABLE
    assert json.loads(run.stderr.splitlines()[-1])["error"]["code"] == "database_unreachable"


def test_a_signal_ends_it_at_once() -> None:
    """Also in a container, where the first process is ended by no signal that it does not handle."""
    environment = {"PYTHONPATH": str(ROOT), "ASINFLOW_MONGO_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"}
    command = [sys.executable, "-m", "cli.main", "migrate", "--wait", "600"]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        running.stderr.readline()  # it is waiting for the database
        running.terminate()
        assert running.wait(30) == ExitCode.INTERRUPTED


def test_without_a_database_it_says_how_to_name_one(tmp_path: Path) -> None:
    """From a folder without a local stack; the checkout may have one."""
    run = migrate("--wait", "1", folder=tmp_path, ASINFLOW_MONGO_URL="")
    if (ROOT / ".run" / "env").exists():
        pytest.skip("the checkout has a local stack, which is the one that is meant")
    assert run.returncode == ExitCode.USAGE
    assert "ASINFLOW_MONGO_URL" in run.stderr
