"""The API serves the documents that are checked in."""

from __future__ import annotations

import json

import pytest

from deploy.local.folder import ROOT
from tests.unit.api.conftest import World


@pytest.mark.parametrize("name", ["asyncapi.json", "openapi.json"])
async def test_document_is_served(name: str) -> None:
    async with World().client() as client:
        answer = await client.get(f"/{name}")
    assert answer.json() == json.loads((ROOT / "docs" / name).read_text())
