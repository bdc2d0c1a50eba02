"""What integration tests share beyond the servers: the sample storefront, one process per test worker."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import commands
from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from tests.conftest import unavailable


@pytest.fixture(scope="session")
def storefront() -> Iterator[str]:
    """The base address of a storefront; its faults and its request log are shared by the tests of one worker."""
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="asinflow-storefront-")))
    try:
        yield _start(folder)
    finally:
        commands.down(folder, say=lambda _: None)
        shutil.rmtree(folder.path)


def _start(folder: RunFolder) -> str:
    try:
        endpoints = commands.up(folder, only=("storefront",), while_pid=os.getpid(), say=lambda _: None)
    except LocalError as error:
        unavailable(str(error))
        raise
    return endpoints["STOREFRONT_URL"]
