"""Steps that take away an index which nothing asks for any more."""

from __future__ import annotations

from migrations.step import Phase, Step
from shared.indexes import drop_index
from shared.mongo import Database, database_errors


def dropping(name: str, summary: str, collection: str, index: str) -> Step:
    """The contracting step `name`: `index` of `collection` goes, if it is there."""

    async def apply(database: Database) -> int:
        return int(await drop_index(database, collection, index))

    async def pending(database: Database) -> int:
        with database_errors():
            return int(index in await database[collection].index_information())

    return Step(name, Phase.CONTRACT, summary, apply, pending)
