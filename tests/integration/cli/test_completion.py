"""A real shell completes commands, options and job ids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.server import JOB_ID, serving

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
eval "$(asinflow completion bash)"
COMP_WORDS=(%s) COMP_CWORD=%d
_asinflow_completion asinflow
echo "${COMPREPLY[@]}"
"""


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds `asinflow`."""
    (tmp_path / "asinflow").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n')
    (tmp_path / "asinflow").chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("ASINFLOW_")}
    return {**own, "PATH": f"{tmp_path}:{own['PATH']}", "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}"}


def completed(shell: dict[str, str], *words: str) -> list[str]:
    """What bash makes of the last word when Tab is pressed."""
    line = " ".join(f"'{word}'" for word in words)
    command = ["bash", "-c", SCRIPT % (line, len(words) - 1)]
    done = subprocess.run(command, env=shell, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()


def test_commands_options_their_values_and_job_ids_are_completed(shell: dict[str, str]) -> None:
    assert completed(shell, "asinflow", "prof") == ["profit", "profiles"]
    assert completed(shell, "asinflow", "submit", "asins", "--dry") == ["--dry-run"]
    assert completed(shell, "asinflow", "jobs", "--status", "P") == ["PENDING", "PROCESSING", "PAUSED"]
    with serving() as play:
        reached = {**shell, "ASINFLOW_API_URL": play.url, "ASINFLOW_TOKEN": "t"}
        assert completed(reached, "asinflow", "watch", JOB_ID[:4]) == [JOB_ID]
    assert completed(reached, "asinflow", "watch", JOB_ID[:4]) == []


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells_have_their_script(shell: dict[str, str], name: str) -> None:
    done = subprocess.run(
        ["asinflow", "completion", name], env=shell, capture_output=True, text=True, timeout=60, check=True
    )
    assert "_ASINFLOW_COMPLETE" in done.stdout
