"""docs/openapi.json: the HTTP interface as the API serves it at /openapi.json."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

from pydantic import SecretStr

from deploy.local.folder import ROOT
from services.api.app import create_app
from services.api.dependencies import Parts
from services.api.settings import ApiSettings

PATH = ROOT / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """What the routes declare; no part of the API is built for it but its settings."""
    settings = ApiSettings(jwt_secret=SecretStr("x" * 32))
    return create_app(cast("Parts", SimpleNamespace(settings=settings))).openapi()


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
