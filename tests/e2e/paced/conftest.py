"""The system as it is meant to run: at a polite pace, with a sweeper that soon looks after stalled jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import RunFolder
from tests.e2e.paced.journey import Journey, travel
from tests.e2e.system import System, running_system

INTERVAL_SECONDS = 0.2


@pytest.fixture(scope="package")
def pages_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the storefront serves beside its generated products; empty until a test puts pages there."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, pages_folder: Path) -> Iterator[System]:
    settings = {
        "COLLECTORS": "4",
        "PAGES": str(pages_folder),
        "ASINFLOW_INTERVAL_SECONDS": str(INTERVAL_SECONDS),
        "ASINFLOW_STALLED_AFTER_SECONDS": "3",
    }
    with running_system(RunFolder(tmp_path_factory.mktemp("paced")), **settings) as system:
        yield system


@pytest.fixture(scope="package")
def journey(system: System) -> Journey:
    return travel(system)
