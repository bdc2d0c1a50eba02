"""The system at full speed, where most things are killed, stopped or answered badly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.folder import RunFolder
from tests.e2e.system import System, running_system

SETTINGS = {
    "COLLECTORS": "2",
    "ASINFLOW_INTERVAL_SECONDS": "0",
    "ASINFLOW_BLOCK_PAUSE_SECONDS": "0.2",
    # Small windows, so that a job is fed often: each time is a moment at which something may be killed.
    "ASINFLOW_WINDOW_ITEMS": "200",
    # Nobody looks after stalled jobs here: whatever a kill loses stays lost, so that the loss shows.
    "ASINFLOW_STALLED_AFTER_SECONDS": "3600",
    "STOREFRONT_ARGS": "--page-bytes 0",
}


@pytest.fixture(scope="package")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(RunFolder(tmp_path_factory.mktemp("fast")), **SETTINGS) as system:
        yield system


@pytest.fixture
def system(shared_system: System) -> System:
    """The shared system, whole again whatever the test before did to it."""
    shared_system.wait_until_whole()
    return shared_system
