"""Idempotency keys and quotas, on the clock of the database: what several API processes decide as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.ratelimits import Grant, Policy
from services.api.records import KeyRecord
from shared.mongo import Collection, Database, Document, ReturnDocument, database_errors, insert_new
from shared.pacesteps import NOW_US

Step = dict[str, Any]
# A quota that was not used for so long is full again, and forgotten.
QUOTA_HOURS = 1


def _from_now(seconds: float) -> Step:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}


def _id(user_id: str, name: str) -> str:
    # Neither a user's name nor a key holds a line end, so that no two pairs meet.
    return f"{user_id}\n{name}"


class MongoKeyStore:
    def __init__(self, database: Database, lifetime_seconds: float, lease_seconds: float) -> None:
        self._keys: Collection = database["idempotency_keys"]
        self._lifetime = lifetime_seconds
        self._lease = lease_seconds

    async def claim(self, user_id: str, key: str, owner: str, fingerprint: str | None) -> KeyRecord:
        # An upsert of a contended key may be made twice: create the document first.
        expires = datetime.now(UTC) + timedelta(seconds=self._lifetime)
        fresh = {"_id": _id(user_id, key), "owner": None, "epoch": owner, "response": None, "expires_at": expires}
        await insert_new(self._keys, [fresh])
        with database_errors():
            await self._keys.update_one({"_id": fresh["_id"]}, self._claim_steps(owner, fingerprint))
            found = await self._keys.find_one({"_id": fresh["_id"]})
        if found is None:  # it expired in this very moment
            return await self.claim(user_id, key, owner, fingerprint)
        return KeyRecord(
            owner=found["owner"],
            epoch=found["epoch"],
            fingerprint=found.get("fingerprint"),
            response=found["response"],
        )

    def _claim_steps(self, owner: str, fingerprint: str | None) -> list[Step]:
        lapsed: Step = {"$cond": [{"$eq": ["$response", None]}, {"$lt": ["$lease_until", "$$NOW"]}, False]}
        unowned: Step = {"$eq": ["$owner", None]}
        expired: Step = {"$lt": ["$expires_at", "$$NOW"]}

        def if_free(then: Any, name: str) -> Step:
            return {"$cond": ["$free", then, f"${name}"]}

        return [
            {"$set": {"expired": expired, "free": {"$or": [unowned, expired, lapsed]}}},
            {
                "$set": {
                    "owner": if_free(owner, "owner"),
                    "epoch": {"$cond": ["$expired", owner, "$epoch"]},
                    "fingerprint": if_free(fingerprint, "fingerprint"),
                    "response": if_free(None, "response"),
                    "lease_until": if_free(_from_now(self._lease), "lease_until"),
                    "expires_at": if_free(_from_now(self._lifetime), "expires_at"),
                }
            },
            {"$unset": ["free", "expired"]},
        ]

    async def renew(self, user_id: str, key: str, owner: str) -> None:
        await self._update(user_id, key, owner, [{"$set": {"lease_until": _from_now(self._lease)}}])

    async def complete(self, user_id: str, key: str, owner: str, fingerprint: str, response: str) -> None:
        answered = {"fingerprint": fingerprint, "response": response, "expires_at": _from_now(self._lifetime)}
        literal = {n: {"$literal": v} if isinstance(v, str) else v for n, v in answered.items()}
        await self._update(user_id, key, owner, [{"$set": literal}])

    async def release(self, user_id: str, key: str, owner: str) -> None:
        free = {"$cond": [{"$eq": ["$response", None]}, None, "$owner"]}
        await self._update(user_id, key, owner, [{"$set": {"owner": free}}])

    async def _update(self, user_id: str, key: str, owner: str, steps: list[Step]) -> None:
        with database_errors():
            await self._keys.update_one({"_id": _id(user_id, key), "owner": owner}, steps)


class MongoQuotaStore:
    """How far each user has drawn on a policy, as the theoretical arrival time of GCRA (ITU-T I.371)."""

    def __init__(self, database: Database) -> None:
        self._quotas: Collection = database["quotas"]

    async def draw(self, user_id: str, policy: Policy, wanted: int) -> Grant:
        quota_id = _id(user_id, policy.name)
        steps = _draw_steps(policy, wanted)
        document = await self._draw(quota_id, steps)
        if document is None:
            expires = datetime.now(UTC) + timedelta(hours=QUOTA_HOURS)
            await insert_new(self._quotas, [{"_id": quota_id, "tat_us": 0, "expires_at": expires}])
            document = await self._draw(quota_id, steps)
        if document is None:  # it was forgotten in this very moment, because it is full
            return Grant(granted=wanted, used_seconds=wanted * policy.spacing)
        return Grant(granted=int(document["granted"]), used_seconds=(document["tat_us"] - document["now_us"]) / 1e6)

    async def _draw(self, quota_id: str, steps: list[Step]) -> Document | None:
        with database_errors():
            return await self._quotas.find_one_and_update(
                {"_id": quota_id}, steps, return_document=ReturnDocument.AFTER
            )


def _draw_steps(policy: Policy, wanted: int) -> list[Step]:
    spacing, window = round(policy.spacing * 1_000_000), round(policy.window * 1_000_000)
    room = {"$subtract": [window, {"$subtract": ["$base_us", "$now_us"]}]}
    # A little is added, so that a place is not lost to the last digit of a division.
    fitting = {"$toLong": {"$floor": {"$add": [{"$divide": [room, spacing]}, 0.001]}}}
    return [
        {"$set": {"now_us": NOW_US, "base_us": {"$max": ["$tat_us", NOW_US]}}},
        {"$set": {"granted": {"$max": [0, {"$min": [wanted, fitting]}]}}},
        {
            "$set": {
                "tat_us": {"$add": ["$base_us", {"$multiply": ["$granted", spacing]}]},
                "expires_at": _from_now(QUOTA_HOURS * 3600),
            }
        },
    ]
