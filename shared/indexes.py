"""Indexes as repositories declare them: created where missing, never changed; those of the past dropped by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.mongo import Database, IndexModel, OperationFailure, database_errors

NAMESPACE_NOT_FOUND, INDEX_NOT_FOUND = 26, 27
# By collection. What two services declare bears the same, default name in both: another one would be refused.
Indexes = Mapping[str, Sequence[IndexModel]]


async def ensure_indexes(database: Database, indexes: Indexes) -> None:
    """Create what is missing; what is there stays. Safe at any time and from any number of processes."""
    with database_errors():
        for collection, models in indexes.items():
            await database[collection].create_indexes(list(models))


async def missing_indexes(database: Database, indexes: Indexes) -> list[str]:
    """`<collection>.<name>` of every declared index that the database does not have."""
    missing = []
    with database_errors():
        for collection, models in indexes.items():
            there = await database[collection].index_information()
            names = [str(model.document["name"]) for model in models]
            missing += [f"{collection}.{name}" for name in names if name not in there]
    return missing


async def drop_index(database: Database, collection: str, name: str) -> bool:
    """Drop it, if it is there; whether it was."""
    with database_errors():
        try:
            await database[collection].drop_index(name)
        except OperationFailure as error:
            if error.code in {NAMESPACE_NOT_FOUND, INDEX_NOT_FOUND}:
                return False
            raise
    return True
