"""The web application around parts of a test, without building its routes anew for each."""

from __future__ import annotations

from copy import copy

from fastapi import FastAPI
from starlette.datastructures import State

from services.api.app import create_app
from services.api.dependencies import Parts

# By the settings they were built with.
_built: dict[str, FastAPI] = {}


def app_around(parts: Parts) -> FastAPI:
    """`create_app(parts)`, which shares routes with all others of the same settings: to resolve them takes a while."""
    settings = parts.settings.model_dump_json()
    if settings not in _built:
        _built[settings] = create_app(parts)
    app = copy(_built[settings])
    app.state = State({"parts": parts})
    return app
