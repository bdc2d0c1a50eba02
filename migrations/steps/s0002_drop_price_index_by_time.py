"""The index of price histories by time goes: they are read by number, and every write of a point paid for it."""

from __future__ import annotations

from migrations.step import Phase, Step
from shared.indexes import drop_index
from shared.mongo import Database, database_errors

COLLECTION = "price_history"
NAME = "marketplace_1_asin_1_at_-1"


async def _apply(database: Database) -> int:
    return int(await drop_index(database, COLLECTION, NAME))


async def _pending(database: Database) -> int:
    with database_errors():
        return int(NAME in await database[COLLECTION].index_information())


STEP = Step("0002-drop-price-index-by-time", Phase.CONTRACT, "drop the index of price points by time", _apply, _pending)
