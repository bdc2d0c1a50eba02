"""No module of a service declares indexes that `asinflow migrate` does not make ahead."""

from __future__ import annotations

import importlib
import pkgutil

import services
from migrations.indexes import all_indexes


def test_indexes_of_every_module_are_made_ahead() -> None:
    names = [found.name for found in pkgutil.walk_packages(services.__path__, "services.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    declaring = {module.__name__: vars(module)["INDEXES"] for module in modules if "INDEXES" in vars(module)}
    ahead = {(collection, model.document["name"]) for collection, models in all_indexes().items() for model in models}
    forgotten = {
        (name, collection, model.document["name"])
        for name, indexes in declaring.items()
        for collection, models in indexes.items()
        for model in models
        if (collection, model.document["name"]) not in ahead
    }
    assert "services.sweeper.webhook_repository" in declaring
    assert forgotten == set()
