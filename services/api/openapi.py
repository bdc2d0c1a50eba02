"""The OpenAPI document: what the routes declare, with the models that are read by hand added."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.requests import JOB_REQUEST
from services.api.responses import ProblemView

TEMPLATE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Serve the document at /openapi.json, built once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend it


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    request = JOB_REQUEST.json_schema(ref_template=TEMPLATE)
    schemas |= request.pop("$defs")
    schemas["JobRequest"] = request
    schemas["ProblemView"] = ProblemView.model_json_schema(ref_template=TEMPLATE)
    schemas |= schemas["ProblemView"].pop("$defs")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document
