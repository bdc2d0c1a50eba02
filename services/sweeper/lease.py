"""Leadership by lease: one document, one atomic update, the database's clock."""

from __future__ import annotations

from typing import Any

from prometheus_client import Gauge

from shared.log import get_logger
from shared.mongo import Database, ReturnDocument, database_errors, insert_new

log = get_logger(__name__)

# 1 in the process that leads, else 0; the sum over all sweepers is 1 in good health.
LEADER = Gauge("asinflow_sweeper_leader", "1 while this sweeper leads")


class Lease:
    """Held by at most one owner at a time, for `seconds` from the last renewal."""

    def __init__(self, database: Database, name: str, owner: str, seconds: float) -> None:
        self._leases = database["leases"]
        self._name = name
        self._owner = owner
        self._milliseconds = round(seconds * 1000)
        self._led = False

    async def hold(self) -> bool:
        """Take or renew it; whether we hold it now."""
        await insert_new(self._leases, [{"_id": self._name, "owner": None, "until": None}])
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
            lease = await self._leases.find_one_and_update(
                {"_id": self._name}, steps, return_document=ReturnDocument.AFTER
            )
        leads = bool(lease is not None and lease["owner"] == self._owner)
        if leads != self._led:
            log.info("leadership_taken" if leads else "leadership_lost")
        self._led = leads
        LEADER.set(leads)
        return leads

    async def release(self) -> None:
        """Let another take it at once."""
        with database_errors():
            await self._leases.update_one(
                {"_id": self._name, "owner": self._owner}, {"$set": {"owner": None, "until": None}}
            )
        self._led = False
        LEADER.set(0)
