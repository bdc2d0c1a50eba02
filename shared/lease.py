"""A lease: one document, one atomic update, the database's clock."""

from __future__ import annotations

from typing import Any

from shared.mongo import Database, Document, ReturnDocument, database_errors, insert_new


class Lease:
    """Held by at most one owner at a time, for `seconds` from the last renewal."""

    def __init__(self, database: Database, name: str, owner: str, seconds: float) -> None:
        self._leases = database["leases"]
        self._name = name
        self._owner = owner
        self._milliseconds = round(seconds * 1000)

    async def hold(self) -> bool:
        """Take or renew it; whether we hold it now."""
        if (lease := await self._renew()) is None:
            await insert_new(self._leases, [{"_id": self._name, "owner": None, "until": None}])
            lease = await self._renew()
        return lease is not None and lease["owner"] == self._owner

    async def _renew(self) -> Document | None:
        """The lease as it is now, ours if it was free; None when nobody has ever held it."""
        until = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": self._milliseconds}}
        mine: Any = {"$or": [{"$eq": ["$owner", self._owner]}, {"$lt": [{"$ifNull": ["$until", "$$NOW"]}, "$$NOW"]}]}
        free: Any = {"$or": [mine, {"$eq": ["$until", None]}]}
        steps: list[dict[str, Any]] = [
            {"$set": {"free": free}},
            {
                "$set": {
                    "owner": {"$cond": ["$free", self._owner, "$owner"]},
                    "until": {"$cond": ["$free", until, "$until"]},
                }
            },
            {"$unset": "free"},
        ]
        with database_errors():
            return await self._leases.find_one_and_update(
                {"_id": self._name}, steps, return_document=ReturnDocument.AFTER
            )

    async def release(self) -> None:
        """Let another take it at once."""
        with database_errors():
            await self._leases.update_one(
                {"_id": self._name, "owner": self._owner}, {"$set": {"owner": None, "until": None}}
            )
