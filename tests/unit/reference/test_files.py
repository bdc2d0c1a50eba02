"""What is generated from the code is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.folder import ROOT
from deploy.reference.files import GENERATED, is_current


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_file_is_current(path: Path) -> None:
    assert is_current(path), f"run `make docs` and commit {path.relative_to(ROOT)}"
