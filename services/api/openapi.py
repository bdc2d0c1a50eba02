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
    _drop_framework_errors(document)
    return document


def _drop_framework_errors(document: dict[str, Any]) -> None:
    """The framework documents its own form of 422 wherever a route does not; errors here are always problems."""
    for methods in document["paths"].values():
        for operation in methods.values():
            answer = operation["responses"].get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
