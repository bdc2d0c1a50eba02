"""The tutorial does what it says: every command of it is run, in order, in one shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.access import secret_of
from deploy.local.folder import ROOT
from shared.auth import SCOPES, issue_token
from tests.e2e.system import System
from tests.pages import DOCS, saved, steps

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

PAGE = (DOCS / "tutorial.md").read_text()
END = "-- end of"


@pytest.fixture
def folder(system: System, tmp_path: Path) -> Path:
    """A folder like a checkout's: the command, Python, `.run/env` of the running system with a user of its own."""
    user, secret = system.user().name, secret_of(system.folder)
    tokens = {"TOKEN": issue_token(secret, user), "OPERATOR_TOKEN": issue_token(secret, "root", SCOPES)}
    lines = [f"{name}={value}\n" for name, value in {**system.endpoints, **tokens}.items()]
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "env").write_text("".join(lines))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for path, run in ((".venv/bin/python", ""), ("asinflow", "-m cli.main ")):
        (tmp_path / path).write_text(f'#!/bin/sh\nexec "{sys.executable}" {run}"$@"\n')
        (tmp_path / path).chmod(0o755)
    for name, text in saved(PAGE).items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_tutorial_does_what_it_says(folder: Path) -> None:
    # The local system of the checkout is another one: its programs are not the ones that run here.
    todo = [step for step in steps(PAGE) if step.command != "./asinflow status"]
    script = "".join(f"{step.command}\necho; echo '{END} {place}'\n" for place, step in enumerate(todo))
    own = {name: value for name, value in os.environ.items() if not name.startswith("ASINFLOW_")}
    environment = {**own, "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}", "HOME": str(folder)}
    done = subprocess.run(
        ["bash"], input=script, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    rest = done.stdout
    for place, step in enumerate(todo):
        printed, end, rest = rest.partition(f"{END} {place}\n")
        assert end, f"the shell ended before {step.command!r}:\n{printed}"
        assert step.agrees(printed), (
            f"{step.command}\nis said to print\n{chr(10).join(step.said)}\nand printed\n{printed}"
        )
