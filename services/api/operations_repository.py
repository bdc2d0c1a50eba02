"""What the database tells operators: the paces and the leases, read as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.mongo import Collection, Database, Document, database_errors


class MongoOperationsStore:
    def __init__(self, database: Database) -> None:
        self._paces: Collection = database["pace"]
        self._leases: Collection = database["leases"]

    async def find_paces(self) -> tuple[list[Document], datetime]:
        pipeline: list[Document] = [{"$sort": {"_id": 1}}, {"$addFields": {"now": "$$NOW"}}]
        with database_errors():
            found = await self._paces.aggregate(pipeline).to_list(None)
        return found, found[0]["now"] if found else datetime.now(UTC)

    async def find_lease(self, name: str) -> Mapping[str, Any] | None:
        pipeline: list[Document] = [{"$match": {"_id": name}}, {"$addFields": {"now": "$$NOW"}}]
        with database_errors():
            found = await self._leases.aggregate(pipeline).to_list(None)
        held = found and found[0]["until"] is not None and found[0]["until"] > found[0]["now"]
        return found[0] if held else None
