"""The indexes that all services declare."""

from __future__ import annotations

from collections.abc import Mapping

from services.aggregator import repository as aggregator
from services.api import repository as api
from services.collector import repository as collector
from services.expander import repository as expander
from services.sweeper import repository as sweeper
from services.sweeper import schedule_repository as schedules
from services.sweeper import webhook_repository as webhooks
from shared.indexes import Indexes
from shared.mongo import IndexModel

# By service. The expiry of failures is missing: its seconds are a setting of the sweeper, which keeps it up to date.
INDEXES: Mapping[str, Indexes] = {
    "aggregator": aggregator.INDEXES,
    "api": api.INDEXES,
    "collector": collector.INDEXES,
    "expander": expander.INDEXES,
    "sweeper": {**sweeper.INDEXES, **schedules.INDEXES, **webhooks.INDEXES},
}


def all_indexes() -> Indexes:
    """Of each collection, those of all services; what two of them declare is named once."""
    found: dict[str, dict[str, IndexModel]] = {}
    for indexes in INDEXES.values():
        for collection, models in indexes.items():
            found.setdefault(collection, {}).update((str(model.document["name"]), model) for model in models)
    return {collection: tuple(models.values()) for collection, models in found.items()}
