"""The system at full speed, where things are killed, stopped and answered badly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.folder import RunFolder
from tests.e2e.system import System, running_system


@pytest.fixture(scope="package")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    settings = {"COLLECTORS": "2", "ASINFLOW_INTERVAL_SECONDS": "0", "ASINFLOW_BLOCK_PAUSE_SECONDS": "1"}
    with running_system(RunFolder(tmp_path_factory.mktemp("rough")), **settings) as system:
        yield system


@pytest.fixture
def system(shared_system: System) -> System:
    """The shared system, whole again whatever the test before did to it."""
    shared_system.wait_until_whole()
    return shared_system
