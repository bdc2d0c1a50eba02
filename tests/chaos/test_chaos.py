"""The short form of `make chaos`: a seed whose faults are of every kind, and every promise kept."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.folder import RunFolder
from tests.chaos.campaign import SHORT, campaign
from tests.chaos.table import show

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_every_promise_is_kept_under_random_faults(tmp_path: Path) -> None:
    outcome = campaign(RunFolder(tmp_path / "run"), SHORT, print)
    shown = StringIO()
    show(outcome, Console(file=shown, width=140))
    print(shown.getvalue())
    assert outcome.breaches == []
